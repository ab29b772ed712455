//! Picks the variables that matter out of an environment that the caller read.

use crate::Environment;
use std::ffi::OsString;

impl Environment {
    /// Keeps the variables of [`Environment::NAMES`] and nothing else. Bytes that are not UTF-8
    /// become the replacement character.
    pub fn pick(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let kept = variables.into_iter().filter_map(|(name, value)| {
            let name = name.to_str().filter(|name| Self::NAMES.contains(name))?.to_owned();
            Some((name, value.to_string_lossy().into_owned()))
        });
        Self { variables: kept.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn keeps_what_matters() {
        let given =
            [("PATH", "/bin"), ("AWS_SECRET_ACCESS_KEY", "x"), ("CUDA_VISIBLE_DEVICES", "")];
        let environment = Environment::pick(given.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(environment.get("PATH"), Some("/bin"));
        assert_eq!(environment.get("CUDA_VISIBLE_DEVICES"), Some(""));
        assert_eq!(environment.variables.len(), 2);
    }

    #[test]
    fn survives_bytes_that_are_no_text() {
        let odd = OsString::from_vec(vec![b'/', 0xff]);
        let environment = Environment::pick([("TMPDIR".into(), odd.clone()), (odd, "x".into())]);
        assert_eq!(environment.get("TMPDIR"), Some("/\u{fffd}"));
    }

    #[test]
    fn names_are_sorted() {
        assert!(Environment::NAMES.is_sorted());
    }
}
