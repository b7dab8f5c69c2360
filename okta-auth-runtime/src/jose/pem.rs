//! A private key in PEM (RFC 7468).

use base64_simd::STANDARD;

use super::private_key::PrivateKey;

/// Parses the only private key of a text. Text around it is ignored (RFC 7468 section 2).
pub(super) fn parse_private_key(text: &str) -> Result<PrivateKey, &'static str> {
    let (label, body) = only_block(text)?;
    match label {
        "ENCRYPTED PRIVATE KEY" => return Err(ENCRYPTED),
        // RFC 1421 section 4.6.1.1, as OpenSSL writes it.
        _ if body.contains("ENCRYPTED") => return Err(ENCRYPTED),
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => {}
        "PUBLIC KEY" | "RSA PUBLIC KEY" => return Err("it is a public key, expected the private key"),
        "CERTIFICATE" => return Err("it is a certificate, expected the private key"),
        "OPENSSH PRIVATE KEY" => {
            return Err("it has the format of OpenSSH, which `ssh-keygen -p -m PKCS8` replaces with PEM");
        }
        _ => return Err("it is not a private key in PKCS#8, PKCS#1 or SEC 1"),
    }
    let base64: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let der = STANDARD.decode_to_vec(&base64).map_err(|_| "its base64 is malformed")?;
    match label {
        "RSA PRIVATE KEY" => PrivateKey::from_pkcs1(&der),
        "EC PRIVATE KEY" => PrivateKey::from_sec1(&der),
        _ => PrivateKey::from_pkcs8(&der),
    }
}

const ENCRYPTED: &str = "it is encrypted, and no passphrase can be given: `openssl pkey` decrypts it";
const MALFORMED: &str = "it is not PEM, which begins with -----BEGIN PRIVATE KEY-----";

/// The label and the body of the only block.
fn only_block(text: &str) -> Result<(&str, &str), &'static str> {
    let mut only = None;
    let mut rest = text;
    while let Some((_, block)) = rest.split_once("-----BEGIN ") {
        let (label, block) = block.split_once("-----").ok_or(MALFORMED)?;
        let (body, further) = block.split_once(&format!("-----END {label}-----")).ok_or(MALFORMED)?;
        rest = further;
        // `openssl ecparam -genkey` writes the curve before the key, which names it too.
        if label == "EC PARAMETERS" {
            continue;
        }
        if only.replace((label, body)).is_some() {
            return Err("it has more than one PEM block, expected only the private key");
        }
    }
    only.ok_or(MALFORMED)
}
