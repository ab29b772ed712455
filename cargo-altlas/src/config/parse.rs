//! From bytes to a [`Config`]: pure, with a place for every mistake.

use super::{Config, SCHEMA, unknown_key, wrong::Wrong};
use crate::hadolint;
use serde::Deserialize;
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

/// The text of a file; the error says what the file is instead, as in `is UTF-16`.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("is written in UTF-16; save it as UTF-8".to_owned());
    }
    if bytes.contains(&0) {
        return Err("is a binary file; a config is a TOML file".to_owned());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            Err(format!("is not UTF-8 (line {line}); save it as UTF-8"))
        }
    }
}

/// Whether the text has this table.
pub(crate) fn has_table(text: &str, path: &[&str]) -> Result<bool, Wrong> {
    let root = DeTable::parse(text).map_err(|error| from_toml(&error, text, 0..0))?;
    Ok(inner(DeValue::Table(root.into_inner()), path).is_some())
}

fn inner<'i>(value: DeValue<'i>, path: &[&str]) -> Option<Spanned<DeValue<'i>>> {
    let DeValue::Table(mut table) = value else { return None };
    let (first, rest) = path.split_first()?;
    let found = table.remove(*first)?;
    if rest.is_empty() { Some(found) } else { inner(found.into_inner(), rest) }
}

/// Reads the config in `text`, below the table `path`; `codes` are those that a finding can have.
pub(crate) fn parse(text: &str, path: &[&str], codes: &[&str]) -> Result<Config, Wrong> {
    let root = DeTable::parse(text).map_err(|error| from_toml(&error, text, 0..0))?;
    let span = root.span();
    let root = DeValue::Table(root.into_inner());
    let table = if path.is_empty() {
        Spanned::new(span, root)
    } else {
        inner(root, path).ok_or_else(|| Wrong {
            message: format!("there is no table `[{}]`", path.join(".")),
            span: 0..0,
            help: None,
        })?
    };
    let unknown = unknown_key::find(table.get_ref());
    if table.get_ref().get("schema").is_none()
        && let Some(wrong) = unknown
    {
        // `shema = 1` is a wrong key and not a missing one.
        return Err(wrong);
    }
    check_schema(&table)?;
    if let Some(wrong) = unknown {
        return Err(wrong);
    }
    let whole = table.span();
    let config = Config::deserialize(ValueDeserializer::from(table))
        .map_err(|error| from_toml(&error, text, whole))?;
    check_codes(&config, text, codes)?;
    Ok(config)
}

/// The number comes first: a newer file has keys that this version does not know.
fn check_schema(table: &Spanned<DeValue<'_>>) -> Result<(), Wrong> {
    let Some(schema) = table.get_ref().get("schema") else {
        return Err(Wrong {
            message: "the `schema` number is missing".to_owned(),
            span: table.span().start..table.span().start,
            help: Some(format!("add `schema = {SCHEMA}` at the top")),
        });
    };
    let number = schema.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
    match number {
        Some(SCHEMA) => Ok(()),
        Some(newer) if newer > SCHEMA => Err(Wrong {
            message: format!("this file is of schema {newer}, and this altlas reads {SCHEMA}"),
            span: schema.span(),
            help: Some("install a newer altlas".to_owned()),
        }),
        _ => Err(Wrong {
            message: format!("`schema` must be the number {SCHEMA}"),
            span: schema.span(),
            help: None,
        }),
    }
}

/// Codes and areas in `[levels]` and `[[accept]]` must exist.
fn check_codes(config: &Config, text: &str, known: &[&str]) -> Result<(), Wrong> {
    let in_levels = config.levels.keys().map(|key| (key, true));
    let in_accept = config.accept.iter().map(|accept| (&accept.code, false));
    for (code, area_too) in in_levels.chain(in_accept) {
        let is_area = area_too && known.iter().any(|known| crate::finding::area(known) == code);
        // The rules of hadolint are not ours to list.
        let is_hadolint = hadolint::is_code(code) || area_too && code == hadolint::AREA;
        if is_area || is_hadolint || known.contains(&code.as_str()) {
            continue;
        }
        let start = text.find(&format!("{code}\"")).unwrap_or(0);
        return Err(Wrong {
            message: format!("`{code}` is not the code of a finding"),
            span: start..start + code.len(),
            help: Some(
                unknown_key::nearest_help(code, known.iter().copied())
                    .unwrap_or_else(|| "`cargo altlas explain --list` shows all codes".to_owned()),
            ),
        });
    }
    Ok(())
}

fn from_toml(error: &toml::de::Error, text: &str, otherwise: Range<usize>) -> Wrong {
    let span = error.span().unwrap_or(otherwise);
    let span = narrowed(text, span, error.message());
    let written = text.get(span.clone()).unwrap_or_default();
    Wrong { message: error.message().to_owned(), help: help(error.message(), written), span }
}

/// The key of a table that the message names first, where it is there once: the reader knows the place
/// of the whole table only.
fn narrowed(text: &str, span: Range<usize>, message: &str) -> Range<usize> {
    let inside = text.get(span.clone()).unwrap_or_default();
    let named = message.split('`').nth(1).unwrap_or_default();
    if named.is_empty() || !inside.starts_with(['[', '{']) {
        return span;
    }
    let mut found = inside.match_indices(named);
    match (found.next(), found.next()) {
        (Some((at, _)), None) => span.start + at..span.start + at + named.len(),
        _ => span,
    }
}

/// What to write instead, for the mistakes that are made most.
fn help(message: &str, written: &str) -> Option<String> {
    let is_number = ["invalid type: floating point", "invalid type: integer"];
    if is_number.iter().any(|start| message.starts_with(start)) && message.contains("a string") {
        return Some(format!("write it in quotes: `\"{written}\"`"));
    }
    if message.starts_with("invalid type: map") && message.contains("string") {
        return Some("write it in quotes".to_owned());
    }
    if message.contains("expected a sequence") {
        return Some(format!("write a list: `[{written}]`"));
    }
    let known = message.strip_prefix("unknown variant ")?.split('`').skip(3).step_by(2);
    unknown_key::nearest_help(
        written.trim_matches(['"', '\'']),
        known.collect::<Vec<_>>().into_iter(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(), (&str, &str)>) {
        let got = parse(text, &[], &["gpu/driver-too-old"]);
        let got = got
            .as_ref()
            .map(|_| ())
            .map_err(|wrong| (wrong.message.as_str(), &text[wrong.span.start..wrong.span.end]));
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn reads_the_sections() {
        check("schema = 1", Ok(()));
        check(
            "schema = 1\n[cuda]\nversion = '12.6'\ncudnn = '9'\npython = '3.11'\n\
             os = 'ubuntu22.04'\ndriver = '572.83'\ngpus = ['RTX 4060', '9.0']",
            Ok(()),
        );
        check(
            "schema = 1\n[doctor]\nprofile = 'runner'\nsmoke = 'deep'\ndeadline = 20\n\
             [levels]\n'gpu/driver-too-old' = 'warning'\ngpu = 'note'\n\
             [[accept]]\ncode = 'gpu/driver-too-old'\nreason = 'lab'\nuntil = '2027-01-31'",
            Ok(()),
        );
        check(
            "schema = 1\n[levels]\nhadolint = 'note'\n'hadolint/DL3008' = 'warning'\n\
             [[accept]]\ncode = 'hadolint/SC2086'\nreason = 'lab'",
            Ok(()),
        );
    }

    #[test]
    fn says_where() {
        check("", Err(("the `schema` number is missing", "")));
        check("schema = 2", Err(("this file is of schema 2, and this altlas reads 1", "2")));
        check("schema = 'one'", Err(("`schema` must be the number 1", "'one'")));
        check("schema = 1\n[cuda]\nverson = '12.6'", Err(("unknown key `cuda.verson`", "verson")));
        check("schema = 1\n[cuba]\n", Err(("unknown key `cuba`", "cuba")));
        check(
            "schema = 1\n[cuda]\nversion = 'twelve'",
            Err(("`twelve` is not a CUDA version such as `12.6` or `12.6.3`", "'twelve'")),
        );
        check(
            "schema = 1\n[doctor]\ndeadline = 0",
            Err(("0 is not between 1 and 600 seconds", "0")),
        );
        check(
            "schema = 1\n[levels]\n\"gpu/driver-to-old\" = \"note\"",
            Err(("`gpu/driver-to-old` is not the code of a finding", "gpu/driver-to-old")),
        );
    }

    #[test]
    fn says_which_item() {
        check(
            "schema = 1\n[image.a]\nports = [80, 0]",
            Err(("0 is no port: a port is a number from 1 to 65535", "0")),
        );
        check(
            "schema = 1\n[image.a]\napt = [\"git\", \"g it\"]",
            Err(("`g it` is not the name of a package such as `git` or `libgl1`", "\"g it\"")),
        );
        check(
            "schema = 1\n[image.a]\ncopy = [\"app\", \"../x\"]",
            Err((
                "`../x` leads out of the build context, and a build sees nothing outside of it; move \
                 the file below the config",
                "\"../x\"",
            )),
        );
        check(
            "schema = 1\n[image.a]\nenv = { A = \"1\", \"B-C\" = \"2\" }",
            Err((
                "`B-C` is not the name of a variable: it holds letters, digits and `_`, and begins \
                 with no digit",
                "B-C",
            )),
        );
    }

    #[test]
    fn helps_with_what_is_wrong_most() {
        let check = |text: &str, expected: &str| {
            let wrong = parse(&format!("schema = 1\n{text}"), &[], &[]).unwrap_err();
            assert_eq!(wrong.help.as_deref(), Some(expected), "{text}");
        };
        check("[cuda]\nversion = 12.6", "write it in quotes: `\"12.6\"`");
        check("[cuda]\ncudnn = 9", "write it in quotes: `\"9\"`");
        check("[cuda]\ngpus = \"RTX 4060\"", "write a list: `[\"RTX 4060\"]`");
        check("[doctor]\nprofile = \"runer\"", "did you mean `runner`?");
        check("[image.a]\nusage = \"prd\"", "did you mean `prod`?");
        let wrong = parse("shema = 1", &[], &[]).unwrap_err();
        assert_eq!(wrong.help.as_deref(), Some("did you mean `schema`?"));
    }

    #[test]
    fn names_what_is_not_a_config() {
        let check = |bytes: &[u8], expected: Result<&str, &str>| {
            let got = decode(bytes);
            assert_eq!(got.as_deref().map_err(String::as_str), expected);
        };
        check(b"schema = 1", Ok("schema = 1"));
        check(b"\xef\xbb\xbfschema = 1\r\n", Ok("schema = 1\r\n"));
        check(b"\xff\xfes\0", Err("is written in UTF-16; save it as UTF-8"));
        check(b"\x7fELF\0", Err("is a binary file; a config is a TOML file"));
        check(b"a\n\xffb", Err("is not UTF-8 (line 2); save it as UTF-8"));
    }
}
