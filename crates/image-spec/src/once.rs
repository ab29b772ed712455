//! Says once what several images share.

use crate::Diagnosis;
use std::collections::HashSet;

/// The problems without those that say the same at the same place: images that build on one another
/// share what is written once.
pub(crate) fn once<T: Diagnosis>(found: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut known = HashSet::new();
    let found = found.into_iter();
    found.filter(|problem| known.insert((problem.place(), problem.to_string()))).collect()
}
