//! Says once what several images share.

use crate::Diagnosis;

/// The problems without those that say the same at the same place: images that build on one another
/// share what is written once.
pub(crate) fn once<T: Diagnosis>(found: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for problem in found {
        let same = |known: &T| {
            known.place() == problem.place() && known.to_string() == problem.to_string()
        };
        if !kept.iter().any(same) {
            kept.push(problem);
        }
    }
    kept
}
