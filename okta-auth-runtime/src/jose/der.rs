//! The little DER (X.690) that private keys need: elements with a tag of one byte and a definite length.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[0]` and `[1]`, explicit.
pub(super) const CONTEXT_0: u8 = 0xa0;
pub(super) const CONTEXT_1: u8 = 0xa1;

/// Reads consecutive elements.
#[derive(Clone, Copy)]
pub(super) struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// The elements of a text that is one sequence and nothing else.
    pub(super) fn of_sequence(der: &'d [u8]) -> Option<Self> {
        let mut outer = Self(der);
        let content = outer.take(SEQUENCE)?;
        outer.0.is_empty().then_some(Self(content))
    }

    /// The elements of the content of an element.
    pub(super) fn new(content: &'d [u8]) -> Self {
        Self(content)
    }

    /// The content of the next element, if it has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (found, content, rest) = split(self.0)?;
        (found == tag).then(|| {
            self.0 = rest;
            content
        })
    }

    /// The absolute value of the next integer, without leading zeros. DER adds one to a number whose first bit is set.
    pub(super) fn take_number(&mut self) -> Option<&'d [u8]> {
        let number = self.take(INTEGER)?;
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        number.get(zeros..)
    }
}

/// Splits off the first element: its tag, its content and the rest.
fn split(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, der) = der.split_first()?;
    let (first, der) = der.split_first()?;
    let (length, der) = match first {
        0..=0x7f => (usize::from(*first), der),
        // The length follows in as many bytes. A key has fewer than 64 KiB.
        0x81 | 0x82 => {
            let (length, der) = der.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), der)
        }
        _ => return None,
    };
    let (content, rest) = der.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// An element. `None` if its content has 64 KiB or more.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Option<Vec<u8>> {
    let content = parts.concat();
    let [high, low] = u16::try_from(content.len()).ok()?.to_be_bytes();
    let length: &[u8] = match (high, low) {
        (0, 0..0x80) => &[low],
        (0, _) => &[0x81, low],
        _ => &[0x82, high, low],
    };
    Some([&[tag], length, &content].concat())
}

/// An integer that is not negative. `number` has no leading zeros.
pub(super) fn integer(number: &[u8]) -> Option<Vec<u8>> {
    let sign: &[u8] = if number.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
    element(INTEGER, &[sign, number])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_have_their_shortest_form() {
        for (length, expected) in [
            (0, &[4, 0][..]),
            (127, &[4, 127]),
            (128, &[4, 0x81, 128]),
            (255, &[4, 0x81, 255]),
            (256, &[4, 0x82, 1, 0]),
            (65_535, &[4, 0x82, 255, 255]),
        ] {
            let made = element(OCTET_STRING, &[&vec![7; length]]).expect("an element");
            assert!(made.starts_with(expected) && made.len() == length + expected.len(), "{length}");
        }
        assert_eq!(element(OCTET_STRING, &[&vec![7; 65_536]]), None);
    }

    #[test]
    fn integers_are_never_negative() {
        assert_eq!(integer(&[]), Some(vec![2, 1, 0]));
        assert_eq!(integer(&[1]), Some(vec![2, 1, 1]));
        assert_eq!(integer(&[0x80]), Some(vec![2, 2, 0, 0x80]));
    }

    #[test]
    fn truncated_and_indefinite_lengths_are_refused() {
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81],
            &[0x30, 0x82, 0],
            &[0x30, 0x83, 0, 0, 0],
            &[0x30, 0xff],
            &[0x30, 0, 0],
            &[0x31, 0],
        ] {
            assert!(Reader::of_sequence(der).is_none(), "{der:?}");
        }
        assert!(Reader::of_sequence(&[0x30, 0]).is_some());
    }

    proptest! {
        #[test]
        fn an_element_that_was_written_is_read(first: Vec<u8>, second: Vec<u8>) {
            let (one, other) = (integer(&first).unwrap(), element(OCTET_STRING, &[&second]).unwrap());
            let der = element(SEQUENCE, &[&one, &other]).unwrap();
            let mut reader = Reader::of_sequence(&der).unwrap();
            let zeros = first.iter().take_while(|byte| **byte == 0).count();
            prop_assert_eq!(reader.take_number(), first.get(zeros..));
            prop_assert_eq!(reader.take(INTEGER), None);
            prop_assert_eq!(reader.take(OCTET_STRING), Some(second.as_slice()));
            prop_assert_eq!(reader.take(OCTET_STRING), None);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(der: Vec<u8>) {
            if let Some(mut reader) = Reader::of_sequence(&der) {
                while reader.take_number().is_some() {}
            }
        }
    }
}
