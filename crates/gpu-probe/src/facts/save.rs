//! Facts as a file: written, and read back with a clear word for everything that is no such file.

use super::{Facts, SCHEMA};

/// Why a file is not the facts of a machine.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// Nothing is in it.
    #[error("the file is empty")]
    Empty,
    /// It is text in another encoding.
    #[error("the file is encoded in {encoding}; save it as UTF-8")]
    Encoding {
        /// Which encoding its first bytes show.
        encoding: &'static str,
    },
    /// It is not text.
    #[error("the file is not text: byte {offset} is not UTF-8")]
    Binary {
        /// The offset of the first byte that is no text, from 0.
        offset: usize,
    },
    /// It ends too early.
    #[error("the file ends in the middle, at line {line}; was it written or copied to its end?")]
    Truncated {
        /// The last line, from 1.
        line: usize,
    },
    /// It is text and not JSON.
    #[error("the file is not JSON, at line {line}, column {column}: {why}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says, without the position.
        why: String,
    },
    /// It is JSON of something else.
    #[error("the file is JSON and not the facts of a machine: it has no `schema` number")]
    NotFacts,
    /// It was written by a newer version.
    #[error(
        "the file was written by a newer altlas (facts schema {schema}; this one reads \
         {SCHEMA}): update altlas, or write the file again with this version"
    )]
    Newer {
        /// The schema of the file.
        schema: u64,
    },
    /// It was written by an older version whose format is not read any more.
    #[error(
        "the file was written by an older altlas (facts schema {schema}; this one reads \
         {SCHEMA}): write it again with this version"
    )]
    Older {
        /// The schema of the file.
        schema: u64,
    },
    /// It has the right schema and does not hold what that schema says.
    #[error(
        "the file is not what facts schema {SCHEMA} says, at line {line}, column {column}: {why}"
    )]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says, without the position.
        why: String,
    },
}

impl Facts {
    /// The facts as JSON, indented, with a newline at the end.
    pub fn to_json(&self) -> String {
        // Plain data with text keys always becomes JSON.
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// Reads what [`Facts::to_json`] wrote.
    ///
    /// # Errors
    /// Where the bytes are something else, or of a schema that this version does not read.
    ///
    /// ```
    /// use gpu_probe::{Facts, FactsError};
    ///
    /// let newer = br#"{"schema": 2}"#;
    /// assert!(matches!(Facts::from_json(newer), Err(FactsError::Newer { schema: 2 })));
    /// assert!(matches!(Facts::from_json(b"{}"), Err(FactsError::NotFacts)));
    /// ```
    pub fn from_json(bytes: &[u8]) -> Result<Self, FactsError> {
        let text = text_of(bytes)?;
        // The number comes first: a newer schema may differ in everything else.
        let fields: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|error| not_json(text, error))?;
        let schema = fields.get("schema").and_then(|it| it.as_u64()).ok_or(FactsError::NotFacts)?;
        if schema > u64::from(SCHEMA) {
            return Err(FactsError::Newer { schema });
        }
        if schema < u64::from(SCHEMA) {
            return Err(FactsError::Older { schema });
        }
        serde_json::from_str(text).map_err(|error| FactsError::Malformed {
            line: error.line(),
            column: error.column(),
            why: without_position(&error),
        })
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, FactsError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let encoding = match bytes {
        [] => return Err(FactsError::Empty),
        [0xff, 0xfe, ..] | [b'{', 0, ..] => Some("UTF-16 (little endian)"),
        [0xfe, 0xff, ..] | [0, b'{', ..] => Some("UTF-16 (big endian)"),
        _ => None,
    };
    if let Some(encoding) = encoding {
        return Err(FactsError::Encoding { encoding });
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A file that was cut inside of a character is cut, and not binary.
        Err(error) if error.error_len().is_none() => {
            let whole = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = 1 + whole.iter().filter(|byte| **byte == b'\n').count();
            return Err(FactsError::Truncated { line });
        }
        Err(error) => return Err(FactsError::Binary { offset: error.valid_up_to() }),
    };
    if text.trim().is_empty() {
        return Err(FactsError::Empty);
    }
    match text.find('\0') {
        Some(offset) => Err(FactsError::Binary { offset }),
        None => Ok(text),
    }
}

fn not_json(text: &str, error: serde_json::Error) -> FactsError {
    use serde_json::error::Category;
    match error.classify() {
        Category::Eof => FactsError::Truncated { line: text.lines().count() },
        // An array, a number or a text; or something that only begins like one, as TOML does.
        Category::Data => match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Err(error) if !error.is_data() => not_json(text, error),
            Ok(_) | Err(_) => FactsError::NotFacts,
        },
        Category::Syntax | Category::Io => FactsError::NotJson {
            line: error.line(),
            column: error.column(),
            why: without_position(&error),
        },
    }
}

/// What the parser says; it ends with the position, which stands elsewhere in our words.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&position).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;
    use proptest::prelude::*;

    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(Facts::from_json(bytes).unwrap_err().to_string(), expected);
    }

    #[test]
    fn round_trips_exactly() {
        let facts = example::h200();
        let json = facts.to_json();
        let read = Facts::from_json(json.as_bytes()).unwrap();
        assert_eq!(read, facts);
        assert_eq!(read.to_json(), json);
        let with_mark = [b"\xef\xbb\xbf", json.as_bytes()].concat();
        assert_eq!(Facts::from_json(&with_mark).unwrap(), facts);
    }

    #[test]
    fn says_what_a_file_is_not() {
        check(b"", "the file is empty");
        check(b" \n", "the file is empty");
        check(b"facts\n", "the file is not JSON, at line 1, column 3: expected ident");
        check(b"[1]", NO_SCHEMA);
        check(b"\"facts\"", NO_SCHEMA);
        check(b"[1, 2]", NO_SCHEMA);
        check(b"3", NO_SCHEMA);
        check(b"{}", NO_SCHEMA);
        check(b"{\"schema\": \"one\"}", NO_SCHEMA);
        check(b"{\"name\": \"package\", \"version\": 1}", NO_SCHEMA);
        check(
            b"{\n\"schema\": 1,\n\"host\": {",
            "the file ends in the middle, at line 3; was it written or copied to its end?",
        );
        check(
            b"{\"schema\": 1}",
            "the file is not what facts schema 1 says, at line 1, column 13: missing field `taken_at_unix_s`",
        );
        check(
            b"{\"schema\": 0}",
            "the file was written by an older altlas (facts schema 0; this one reads 1): write it \
             again with this version",
        );
        check(b"\x7fELF\x02\x01\x01\0\0", "the file is not text: byte 7 is not UTF-8");
        check(b"\x89PNG\r\n", "the file is not text: byte 0 is not UTF-8");
        check(b"\xef\xbb\xbf", "the file is empty");
        check(
            b"[cuda]\nversion = \"12.8\"\n",
            "the file is not JSON, at line 1, column 2: expected value",
        );
        check(b"schema = 1\n", "the file is not JSON, at line 1, column 1: expected value");
        check(
            b"\xff\xfe{\0\"\0",
            "the file is encoded in UTF-16 (little endian); save it as UTF-8",
        );
    }

    const NO_SCHEMA: &str =
        "the file is JSON and not the facts of a machine: it has no `schema` number";

    #[test]
    fn a_newer_schema_is_refused_whatever_else_it_holds() {
        check(
            b"{\"new\": [], \"schema\": 2}",
            "the file was written by a newer altlas (facts schema 2; this one reads 1): update \
             altlas, or write the file again with this version",
        );
    }

    #[test]
    fn every_truncation_is_called_one() {
        let json = example::h200().to_json();
        for end in (1..json.trim_end().len()).step_by(97) {
            let error = Facts::from_json(&json.as_bytes()[..end]).unwrap_err();
            assert!(matches!(error, FactsError::Truncated { .. }), "{end} {error}");
        }
    }

    proptest! {
        #[test]
        fn rates_keep_their_last_bit(
            rate in any::<f64>().prop_filter("a number", |rate| rate.is_finite()),
        ) {
            let mut facts = example::h200();
            let Some(crate::Probed::Answered(smoke)) = &mut facts.smoke else { panic!("no smoke") };
            smoke.seconds = rate;
            prop_assert_eq!(Facts::from_json(facts.to_json().as_bytes()).unwrap(), facts);
        }

        #[test]
        fn never_panics(bytes: Vec<u8>, text in ".{0,100}") {
            let _ = Facts::from_json(&bytes);
            let _ = Facts::from_json(text.as_bytes());
            let _ = Facts::from_json(format!("{{\"schema\": 1, {text}").as_bytes());
        }
    }
}
