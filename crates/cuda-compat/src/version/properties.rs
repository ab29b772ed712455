//! What holds for every version type and any text.

use super::*;
use proptest::prelude::*;
use std::{fmt::Debug, fmt::Display, str::FromStr};

/// What is read from `text`, if anything, prints as a text that reads as the same.
fn comes_back<T>(text: &str)
where
    T: FromStr + Display + Debug + PartialEq,
{
    let Ok(value) = text.parse::<T>() else { return };
    let printed = value.to_string();
    assert_eq!(printed.parse::<T>().ok(), Some(value), "{text:?} printed as {printed:?}");
}

fn all_come_back(text: &str) {
    comes_back::<ComputeCapability>(text);
    comes_back::<CudaVersion>(text);
    comes_back::<CudnnVersion>(text);
    comes_back::<DriverVersion>(text);
    comes_back::<PtxVersion>(text);
    comes_back::<PythonVersion>(text);
}

proptest! {
    #[test]
    fn any_text(text in "\\PC*") {
        all_come_back(&text);
    }

    #[test]
    fn texts_that_look_like_versions(text in "(sm_|compute_)?[0-9]{1,6}([.][0-9]{1,11}){0,4}[af]?") {
        all_come_back(&text);
    }

    #[test]
    fn driver_versions_keep_their_digits(text in "[1-9][0-9]{2}[.][0-9]{2,3}([.][0-9]{2})?") {
        prop_assert_eq!(text.parse::<DriverVersion>().map(|it| it.to_string()), Ok(text));
    }

    #[test]
    fn any_driver_integer(value in any::<i32>()) {
        if let Some(version) = CudaVersion::from_driver_integer(value) {
            prop_assert!(version.minor < 100);
        }
    }

    #[test]
    fn serde_keeps_the_text(major in 0u32..99, minor in 0u32..99) {
        let version = CudaVersion::new(major, minor);
        let text = serde_json::to_string(&version).unwrap();
        prop_assert_eq!(&text, &format!("\"{major}.{minor}\""));
        prop_assert_eq!(serde_json::from_str::<CudaVersion>(&text).unwrap(), version);
    }
}
