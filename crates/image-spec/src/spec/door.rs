//! What is refused at the door: values of `[registry]` and `[image.*]` that mean nothing.
//!
//! A [`Rule`] looks at one text. The functions read a field by its rule, so that the reader of the
//! file knows the place of the value that is wrong.

use crate::Reference;
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use std::{collections::BTreeMap, fmt, marker::PhantomData};

/// What a text has to be.
pub(super) trait Rule {
    /// What is wrong with the text, in a sentence that says what would be right.
    fn check(text: &str) -> Result<(), String>;
}

struct Item<R>(String, PhantomData<R>);

/// Inside of a visitor, so that the reader of the file knows the place of the item.
impl<'de, R: Rule> Deserialize<'de> for Item<R> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_str(ItemVisitor(PhantomData))
    }
}

struct ItemVisitor<R>(PhantomData<R>);

impl<R: Rule> Visitor<'_> for ItemVisitor<R> {
    type Value = Item<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Item<R>, E> {
        R::check(text).map_err(E::custom)?;
        Ok(Item(text.to_owned(), PhantomData))
    }
}

pub(super) fn text<'de, R: Rule, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    Item::<R>::deserialize(source).map(|item| item.0)
}

pub(super) fn optional<'de, R: Rule, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<String>, D::Error> {
    Option::<Item<R>>::deserialize(source).map(|item| item.map(|item| item.0))
}

pub(super) fn list<'de, R: Rule, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    Vec::<Item<R>>::deserialize(source).map(|items| items.into_iter().map(|item| item.0).collect())
}

/// A table whose keys follow the rule.
pub(super) fn keys<'de, R: Rule, D: Deserializer<'de>>(
    source: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let table = BTreeMap::<String, String>::deserialize(source)?;
    table.keys().try_for_each(|key| R::check(key)).map_err(D::Error::custom)?;
    Ok(table)
}

pub(super) fn ports<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<u16>, D::Error> {
    Vec::<Port>::deserialize(source).map(|ports| ports.into_iter().map(|port| port.0).collect())
}

struct Port(u16);

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_i64(PortVisitor)
    }
}

struct PortVisitor;

impl Visitor<'_> for PortVisitor {
    type Value = Port;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port from 1 to 65535")
    }

    fn visit_i64<E: Error>(self, port: i64) -> Result<Port, E> {
        let number = u16::try_from(port).ok().filter(|port| *port > 0);
        number.map(Port).ok_or_else(|| {
            E::custom(format!("{port} is no port: a port is a number from 1 to 65535"))
        })
    }
}

/// `did you mean …?` where a known word is near, or all of them.
pub(super) fn nearest(given: &str, known: &[&str]) -> String {
    let distance = |word: &str| strsim::damerau_levenshtein(given, word);
    match known.iter().min_by_key(|word| distance(word)) {
        Some(word) if distance(word) <= 1 + given.len() / 3 => format!("did you mean `{word}`?"),
        _ => {
            let all: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
            format!("there are {}", all.join(", "))
        }
    }
}

/// What a driver can be asked for in `NVIDIA_DRIVER_CAPABILITIES`.
const CAPABILITIES: [&str; 8] =
    ["all", "compat32", "compute", "display", "graphics", "ngx", "utility", "video"];

pub(super) struct DriverCapability;

impl Rule for DriverCapability {
    fn check(text: &str) -> Result<(), String> {
        if CAPABILITIES.contains(&text) {
            return Ok(());
        }
        let help = nearest(text, &CAPABILITIES);
        Err(format!("`{text}` is not a capability of the driver; {help}"))
    }
}

/// `app`, `10001`, `10001:10001`.
pub(super) struct User;

impl Rule for User {
    fn check(text: &str) -> Result<(), String> {
        let name = |part: &str| {
            let first = part.bytes().next().is_some_and(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
            });
            let rest = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)
            };
            first && part.len() <= 32 && part.bytes().all(rest)
        };
        let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let too_large = text.split(':').any(|part| number(part) && part.parse::<u32>().is_err());
        if text.split(':').count() <= 2 && text.split(':').all(name) && !too_large {
            return Ok(());
        }
        Err(format!(
            "`{text}` is not a user: write a name in lower case such as `app`, or a number and a \
             group such as `10001:10001`"
        ))
    }
}

/// `30s`, `1m30s`, `500ms`, as Docker reads it.
pub(super) struct Duration;

impl Rule for Duration {
    fn check(text: &str) -> Result<(), String> {
        let wrong = || format!("`{text}` is not a time such as `30s`, `1m30s` or `500ms`");
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
            let at = digits.filter(|at| *at > 0).ok_or_else(wrong)?;
            let (number, unit) = rest.split_at(at);
            number.parse::<f64>().map_err(|_| wrong())?;
            let units = ["ms", "us", "ns", "s", "m", "h"];
            let unit = units.iter().find_map(|known| unit.strip_prefix(known));
            rest = unit.ok_or_else(wrong)?;
        }
        let is_zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
        if text.is_empty() || is_zero { Err(wrong()) } else { Ok(()) }
    }
}

pub(super) struct Sha256;

impl Rule for Sha256 {
    fn check(text: &str) -> Result<(), String> {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(());
        }
        Err(format!(
            "`{text}` is not a SHA-256: it has 64 hexadecimal digits, as `sha256sum FILE` prints them"
        ))
    }
}

/// A path of the build context.
pub(super) struct ContextPath;

impl Rule for ContextPath {
    fn check(text: &str) -> Result<(), String> {
        let plain = text.replace('\\', "/");
        if text.trim().is_empty() {
            return Err("the path is empty".to_owned());
        }
        let drive = plain.as_bytes().get(1) == Some(&b':');
        if plain.starts_with('/') || plain.starts_with('~') || drive {
            return Err(format!(
                "`{text}` is not a path of the build context: write it relative to the config"
            ));
        }
        if plain.split('/').any(|part| part == "..") {
            return Err(format!(
                "`{text}` leads out of the build context, and a build sees nothing outside of it; \
                 move the file below the config"
            ));
        }
        no_control(text)
    }
}

fn no_control(text: &str) -> Result<(), String> {
    match text.chars().find(|letter| letter.is_control()) {
        Some(_) => Err(format!("{text:?} holds a control character")),
        None => Ok(()),
    }
}

/// A path inside the image.
pub(super) struct ImagePath;

impl Rule for ImagePath {
    fn check(text: &str) -> Result<(), String> {
        if text.trim().is_empty() {
            return Err("the path is empty".to_owned());
        }
        if text.split('/').any(|part| part == "..") {
            return Err(format!("`{text}` holds `..`: write where in the image it is"));
        }
        no_control(text)
    }
}

/// `/app`.
pub(super) struct Workdir;

impl Rule for Workdir {
    fn check(text: &str) -> Result<(), String> {
        ImagePath::check(text)?;
        if text.starts_with('/') {
            return Ok(());
        }
        Err(format!("`{text}` is not a folder of the image: it begins with `/`, as in `/app`"))
    }
}

/// `base`, `runtime`, `devel`, or a reference.
pub(super) struct BaseName;

impl Rule for BaseName {
    fn check(text: &str) -> Result<(), String> {
        let flavours = ["base", "runtime", "devel"];
        if flavours.contains(&text) {
            return Ok(());
        }
        let reference = text.parse::<Reference>().map_err(|error| {
            format!("{error}; a base is `base`, `runtime`, `devel` or an image reference")
        })?;
        // A bare word without a tag is a slip far more often than `FROM word`.
        let bare = reference.to_string() == reference.path && !reference.path.contains('/');
        let near = |flavour: &&&str| (1..=2).contains(&strsim::damerau_levenshtein(text, flavour));
        match flavours.iter().find(near).filter(|_| bare) {
            Some(flavour) => Err(format!(
                "`{text}` is neither a flavour nor a reference with a tag; did you mean `{flavour}`?"
            )),
            None => Ok(()),
        }
    }
}

/// A compute capability that some GPU has.
pub(super) struct EngineGpu;

impl Rule for EngineGpu {
    fn check(text: &str) -> Result<(), String> {
        let capability: cuda_compat::ComputeCapability =
            text.parse().map_err(|error: cuda_compat::VersionError| error.to_string())?;
        if cuda_compat::architecture(capability).is_some() {
            return Ok(());
        }
        Err(format!("no GPU has the compute capability {capability}"))
    }
}

/// `10.3` or `10.3.0.26`.
pub(super) struct TensorrtVersion;

impl Rule for TensorrtVersion {
    fn check(text: &str) -> Result<(), String> {
        let parts: Vec<&str> = text.split('.').collect();
        let number =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if (1..=4).contains(&parts.len()) && parts.iter().all(number) {
            return Ok(());
        }
        Err(format!("`{text}` is not a version of TensorRT such as `10.3`"))
    }
}

/// `org.opencontainers.image.title`: letters, digits and single separators, by Docker's guidelines.
pub(super) struct LabelKey;

impl Rule for LabelKey {
    fn check(text: &str) -> Result<(), String> {
        let bytes = text.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/".contains(&byte);
        let fits = ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
            && text.bytes().all(word)
            && !["..", "--"].iter().any(|twice| text.contains(twice));
        if !fits {
            return Err(format!(
                "`{text}` is not the name of a label: it holds letters, digits and single `.`, `-`, \
                 `_` or `/`, as in `org.opencontainers.image.title`"
            ));
        }
        let reserved = ["com.docker.", "io.docker.", "org.dockerproject."];
        match reserved.iter().find(|start| text.starts_with(**start)) {
            Some(start) => Err(format!("labels that begin with `{start}` are Docker's own")),
            None => Ok(()),
        }
    }
}

pub(super) struct Variable;

impl Rule for Variable {
    fn check(text: &str) -> Result<(), String> {
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        if first && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Ok(());
        }
        Err(format!(
            "`{text}` is not the name of a variable: it holds letters, digits and `_`, and begins \
             with no digit"
        ))
    }
}

/// A name of a package of the distribution, perhaps with a version: `git`, `libgl1=1.6.0-1`.
pub(super) struct AptName;

impl Rule for AptName {
    fn check(text: &str) -> Result<(), String> {
        let name = text.split(['=', '/']).next().unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default();
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-_".contains(&byte);
        let plain = !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
        if first && name.bytes().all(rest) && plain {
            return Ok(());
        }
        Err(format!("`{text}` is not the name of a package such as `git` or `libgl1`"))
    }
}

/// A Python package with its versions, as in a requirements file.
pub(super) struct PipPackage;

impl Rule for PipPackage {
    fn check(text: &str) -> Result<(), String> {
        // Not its own `parse`, which panics on some names.
        match crate::requirements::parse_requirement(text) {
            Ok(_) => Ok(()),
            Err((_, reason)) => {
                let reason = reason.rsplit(": ").next().unwrap_or_default().to_owned();
                Err(format!(
                    "`{text}` is not a Python package such as `pytest` or `httpx>=0.28`: {reason}"
                ))
            }
        }
    }
}
