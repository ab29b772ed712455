//! The codes of hadolint's findings: `hadolint/DL3008`, and `hadolint/SC2086` of its ShellCheck.

use std::{
    collections::BTreeSet,
    sync::{LazyLock, Mutex, PoisonError},
};

/// The area of its codes, for `[levels]`.
pub(crate) const AREA: &str = "hadolint";

static CODES: LazyLock<Mutex<BTreeSet<&'static str>>> = LazyLock::new(Mutex::default);

/// The code of one of its rules; `None` where it is no rule's name. Each is kept once for as long as
/// the program runs, since findings name their codes for that long.
pub(crate) fn code(rule: &str) -> Option<&'static str> {
    is_rule(rule).then_some(())?;
    let code = format!("{AREA}/{rule}");
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = codes.get(code.as_str()) {
        return Some(known);
    }
    let code: &'static str = Box::leak(code.into_boxed_str());
    codes.insert(code);
    Some(code)
}

/// Whether a code is one that a finding of hadolint can have.
pub(crate) fn is_code(code: &str) -> bool {
    code.strip_prefix(AREA).and_then(|rest| rest.strip_prefix('/')).is_some_and(is_rule)
}

/// Where a rule is explained.
pub(crate) fn page(rule: &str) -> String {
    if rule.starts_with("SC") {
        format!("https://www.shellcheck.net/wiki/{rule}")
    } else {
        format!("https://github.com/hadolint/hadolint/wiki/{rule}")
    }
}

/// What `explain` says of a code of hadolint.
pub(crate) fn explanation(code: &str) -> Option<String> {
    let rule = code.strip_prefix(AREA)?.strip_prefix('/').filter(|rule| is_rule(rule))?;
    Some(format!(
        "A finding of hadolint, which `image check` runs where it is installed.\n\n\
         The rule is explained at {}. hadolint's own comments (`# hadolint ignore={rule}`) and its \
         config file hold; `[levels]` and `[[accept]]` of altlas.toml take `{code}`, and `--no-hadolint` \
         leaves hadolint out.",
        page(rule)
    ))
}

fn is_rule(rule: &str) -> bool {
    rule.strip_prefix("DL").or_else(|| rule.strip_prefix("SC")).is_some_and(|number| {
        number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_codes() {
        let check = |code: &str, expected: bool| {
            assert_eq!(is_code(code), expected, "{code}");
            assert_eq!(explanation(code).is_some(), expected, "{code}");
        };
        check("hadolint/DL3008", true);
        check("hadolint/SC2086", true);
        check("hadolint/DL30080", false);
        check("hadolint/XX3008", false);
        check("hadolint", false);
        assert_eq!(code("DL3008"), code("DL3008"));
        assert_eq!(code("../x"), None);
    }
}
