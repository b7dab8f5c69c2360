//! User, password, database and TLS.

use std::time::Duration;

use okta_auth::config::SharedStore;
use okta_auth_testing::MockOkta;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::fixture::{Client, instance, is_logged, record_log, store, whole_log};
use crate::redis_server::{RedisServer, wait_until};

/// The commands that a store needs, for keys with its prefix.
const RIGHTS: [&str; 6] = ["~okta-auth:*", "-@all", "+set", "+get", "+info", "+select"];

#[test]
fn user_password_and_database_are_those_of_the_url() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    redis.command(&[&["ACL", "SETUSER", "app", "on", ">p@ss/word"][..], &RIGHTS].concat());
    redis.command(&["ACL", "SETUSER", "default", "off"]);
    let url = format!("redis://app:p%40ss%2Fword@127.0.0.1:{}/3", redis.port());
    let server = instance(&okta, store(url));
    let client = Client::new(&okta);
    client.send_until_accepted(&server);
    let proof = client.proof();
    assert_eq!([200, 401].map(|_| client.send(&server, &proof).status), [200, 401]);
}

#[test]
fn wrong_password_is_a_503_until_it_is_right() {
    record_log();
    let Some(redis) = RedisServer::start(&["--requirepass", "right"]) else { return };
    let okta = MockOkta::start();
    let url = format!("redis://:hunter2-wrong@127.0.0.1:{}", redis.port());
    let wrong = store(url);
    let shown = format!("SharedStore(RedisStore(redis://127.0.0.1:{}/0))", redis.port());
    assert_eq!(format!("{wrong:?}"), shown, "without the password");
    let (client, server) = (Client::new(&okta), instance(&okta, wrong));
    assert_eq!(client.send(&server, &client.proof()).status, 503);
    wait_until(|| is_logged(redis.port(), "WARN", "it refuses the user or the password of the URL"));
    assert!(!whole_log().contains("hunter2-wrong"));
    // The password of the store is corrected while the app runs.
    redis.authenticated_command("right", &["CONFIG", "SET", "requirepass", "hunter2-wrong"]);
    client.send_until_accepted(&server);
}

#[test]
fn store_that_needs_a_password_is_a_503_without_one() {
    record_log();
    let Some(redis) = RedisServer::start(&["--requirepass", "right"]) else { return };
    let okta = MockOkta::start();
    let (client, server) = (Client::new(&okta), instance(&okta, store(redis.url())));
    assert_eq!(client.send(&server, &client.proof()).status, 503);
    wait_until(|| is_logged(redis.port(), "WARN", "it refuses the user or the password of the URL"));
}

/// A user who may not send `INFO` can't check the eviction policy. Proofs are accepted all the same.
#[test]
fn store_that_refuses_info_is_used() {
    record_log();
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    redis.command(&["ACL", "SETUSER", "app", "on", ">word", "~okta-auth:*", "-@all", "+set", "+get"]);
    let url = format!("redis://app:word@127.0.0.1:{}", redis.port());
    let server = instance(&okta, store(url));
    Client::new(&okta).send_until_accepted(&server);
    assert!(is_logged(redis.port(), "DEBUG", "the maxmemory-policy is not known"));
}

/// A CA with a certificate for these names.
fn certificate(names: &[&str]) -> [String; 3] {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // OpenSSL takes a certificate with the name of its issuer for one that signed itself.
    ca.distinguished_name.push(DnType::CommonName, "a CA");
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().expect("a key")).expect("a CA");
    let key = KeyPair::generate().expect("a key");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate =
        CertificateParams::new(names).and_then(|params| params.signed_by(&key, &ca)).expect("a certificate");
    [ca.pem(), certificate.pem(), key.serialize_pem()]
}

fn tls_server(redis: &mut RedisServer, certificate: &str, key: &str) {
    let (certificate, key) = (redis.write("certificate.pem", certificate), redis.write("key.pem", key));
    let port = redis.port().to_string();
    for option in
        ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-auth-clients", "no"]
    {
        redis.add_option(option);
    }
    redis.restart();
}

#[test]
fn rediss_checks_the_certificate() {
    record_log();
    let Some(mut redis) = RedisServer::stopped(&[]) else { return };
    let okta = MockOkta::start();
    let client = Client::new(&okta);
    let [ca, certificate_of_store, key] = certificate(&["localhost", "127.0.0.1"]);
    tls_server(&mut redis, &certificate_of_store, &key);
    let connect = |host: &str, ca: Option<&str>| {
        let mut store =
            SharedStore::builder(format!("rediss://{host}:{}", redis.port())).timeout(Duration::from_secs(10));
        if let Some(ca) = ca {
            store = store.root_certificates(ca);
        }
        instance(&okta, store.connect().expect("a store"))
    };
    for host in ["127.0.0.1", "localhost"] {
        client.send_until_accepted(&connect(host, Some(&ca)));
    }
    let [other_ca, ..] = certificate(&["localhost"]);
    for (why, ca) in [("another CA", Some(&*other_ca)), ("the CAs of the system", None)] {
        let server = connect("127.0.0.1", ca);
        assert_eq!(client.send(&server, &client.proof()).status, 503, "{why}");
    }
    wait_until(|| is_logged(redis.port(), "WARN", "certificate"));

    // Right CA, wrong name.
    let Some(mut redis) = RedisServer::stopped(&[]) else { return };
    let [ca, certificate_of_store, key] = certificate(&["store.example.com"]);
    tls_server(&mut redis, &certificate_of_store, &key);
    let store = SharedStore::builder(format!("rediss://127.0.0.1:{}", redis.port())).root_certificates(ca);
    let server = instance(&okta, store.connect().expect("a store"));
    assert_eq!(client.send(&server, &client.proof()).status, 503);
    wait_until(|| is_logged(redis.port(), "WARN", "certificate"));
}
