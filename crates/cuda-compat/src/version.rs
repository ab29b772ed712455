//! The version types: parse, compare, print.
//!
//! Each is a small `Copy` value that serialises as the text people write (`"12.6"`, `"572.83"`,
//! `"9.0"`), so that a file of facts and a config read the same.

mod compute_capability;
mod cuda;
mod cudnn;
mod driver;
mod ptx;
mod python;

pub use compute_capability::ComputeCapability;
pub use cuda::CudaVersion;
pub use cudnn::CudnnVersion;
pub use driver::DriverVersion;
pub use ptx::PtxVersion;
pub use python::PythonVersion;

/// A text that is not the version it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct VersionError {
    /// What was given.
    pub text: String,
    /// What would have been right, with an example.
    pub expected: &'static str,
}

/// Splits `text` at dots into numbers; `None` where a part is empty, signed, or too large.
fn numbers(text: &str) -> Option<Vec<u32>> {
    text.trim().split('.').map(number).collect()
}

fn number(part: &str) -> Option<u32> {
    if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    part.parse().ok()
}

/// Serialises a version as its text and reads it back through `FromStr`.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;

#[cfg(test)]
mod properties;
