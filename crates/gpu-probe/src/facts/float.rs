//! A measured number in JSON, which has no word for "not a number".
//!
//! A GPU that computes nonsense gives such numbers, and they must arrive and be judged.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number, or the name of what is none: `NaN`, `inf`, `-inf`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Float {
    Number(f64),
    Name(String),
}

pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let float = match value.is_finite() {
        true => Float::Number(*value),
        false => Float::Name(value.to_string()),
    };
    float.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Float::deserialize(deserializer)? {
        Float::Number(value) => Ok(value),
        Float::Name(name) => match name.as_str() {
            "NaN" => Ok(f64::NAN),
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            _ => Err(serde::de::Error::custom(format!("`{name}` is not a number"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::RateRun;
    use proptest::prelude::*;

    fn through_json(tflops: f64) -> f64 {
        let run = RateRun { tflops, peak_tflops: None, verified: false };
        let json = serde_json::to_string(&run).unwrap();
        serde_json::from_str::<RateRun>(&json).unwrap().tflops
    }

    #[test]
    fn what_is_no_number_arrives() {
        assert!(through_json(f64::NAN).is_nan());
        assert_eq!(through_json(f64::INFINITY), f64::INFINITY);
        assert_eq!(through_json(f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert_eq!(through_json(0.0), 0.0);
        let wrong = r#"{"tflops": "fast", "peak_tflops": null, "verified": true}"#;
        assert!(serde_json::from_str::<RateRun>(wrong).is_err());
    }

    proptest! {
        #[test]
        fn numbers_keep_every_bit(value: f64) {
            prop_assert!(value.is_nan() || through_json(value).to_bits() == value.to_bits());
        }
    }
}
