//! A list of texts: the scopes or the groups of a token.

/// Texts in their order, in two allocations, however many there are. A box for each of them would cost 2% of the time that
/// validating a token takes (`cargo bench --bench table`, row "validate, not cached"), and most of the memory of a cached
/// token with many groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TextList {
    /// All items, one after another.
    text: Box<str>,
    /// Where each item ends in `text`.
    ends: Box<[u32]>,
}

impl TextList {
    pub(crate) fn new<T: AsRef<str>>(items: &[T]) -> Self {
        let mut text = String::with_capacity(items.iter().map(|item| item.as_ref().len()).sum());
        let end_of = |item: &T| {
            text.push_str(item.as_ref());
            // A payload has at most 12 KiB.
            u32::try_from(text.len()).unwrap_or(u32::MAX)
        };
        let ends = items.iter().map(end_of).collect();
        Self { text: text.into(), ends }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let end = *end as usize;
            self.text.get(std::mem::replace(&mut start, end)..end).unwrap_or_default()
        })
    }

    /// The bytes of each of its allocations.
    pub(super) fn allocations(&self) -> [usize; 2] {
        [self.text.len(), size_of_val(&*self.ends)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_has_its_items_in_order() {
        for items in [&["a", "", "b c", "ä", ""] as &[&str], &["", ""], &["x"], &[]] {
            let list = TextList::new(items);
            assert_eq!((list.iter().collect::<Vec<_>>(), list.iter().len()), (items.to_vec(), items.len()));
        }
    }
}
