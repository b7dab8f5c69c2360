//! Arithmetic on big-endian numbers of equal length for attacks on signatures, and keys in DER.

/// `a + b`. `None` if the sum does not fit.
pub(crate) fn add(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    assert_eq!(a.len(), b.len());
    let mut carry = 0;
    let mut sum: Vec<u8> = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b).rev() {
        let digit = u16::from(*a) + u16::from(*b) + carry;
        sum.push(digit.to_be_bytes()[1]);
        carry = digit >> 8;
    }
    sum.reverse();
    (carry == 0).then_some(sum)
}

/// `a - b`, where `a` is not smaller than `b`.
pub(crate) fn subtract(a: &[u8], b: &[u8]) -> Vec<u8> {
    assert!(a.len() == b.len() && a >= b);
    let mut borrow = 0;
    let mut difference: Vec<u8> = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b).rev() {
        let digit = i16::from(*a) - i16::from(*b) - borrow;
        borrow = i16::from(digit < 0);
        difference.push(digit.to_le_bytes()[0]);
    }
    difference.reverse();
    difference
}

/// One, in `length` bytes.
pub(crate) fn one(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    bytes[length - 1] = 1;
    bytes
}

/// An RSA public key as PKCS#1 `RSAPublicKey` (RFC 8017 appendix A.1.1).
pub(crate) fn pkcs1(n: &[u8], e: &[u8]) -> Vec<u8> {
    tagged(0x30, &[unsigned(n), unsigned(e)].concat())
}

/// An RSA public key as X.509 `SubjectPublicKeyInfo` (RFC 3279 section 2.3.1).
pub(crate) fn spki(n: &[u8], e: &[u8]) -> Vec<u8> {
    const RSA_ENCRYPTION: [u8; 13] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let bits = [vec![0], pkcs1(n, e)].concat();
    tagged(0x30, &[tagged(0x30, &RSA_ENCRYPTION), tagged(0x03, &bits)].concat())
}

/// DER as PEM with lines of 64 characters (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8], end_of_line: &str) -> String {
    let text = base64_simd::STANDARD.encode_to_string(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let body = lines.join(end_of_line);
    format!("-----BEGIN {label}-----{end_of_line}{body}{end_of_line}-----END {label}-----{end_of_line}")
}

fn unsigned(number: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if number.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
    tagged(0x02, &[sign, number].concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short structure").to_be_bytes();
    let length = match content.len() {
        0..0x80 => vec![length[1]],
        0x80..0x100 => vec![0x81, length[1]],
        _ => vec![0x82, length[0], length[1]],
    };
    [vec![tag], length, content.to_vec()].concat()
}
