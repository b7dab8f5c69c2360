#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    okta_auth_runtime::__fuzz::jwk_set(data);
});
