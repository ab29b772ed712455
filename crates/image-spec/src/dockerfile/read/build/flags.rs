//! Which flags an instruction takes.

use crate::dockerfile::{
    Flag,
    words::{Words, Wrong},
};

/// Flags by instruction; those behind the bar are switches.
const FLAGS: &[(&str, &[&str], &[&str])] = &[
    ("ADD", &["chown", "chmod", "checksum", "exclude"], &["link", "keep-git-dir", "unpack"]),
    ("COPY", &["from", "chown", "chmod", "exclude"], &["link", "parents"]),
    ("FROM", &["platform"], &[]),
    ("HEALTHCHECK", &["interval", "timeout", "start-period", "start-interval", "retries"], &[]),
    ("RUN", &["mount", "network", "security", "device"], &[]),
];

/// Refuses the flags that BuildKit refuses.
pub(super) fn check_flags(
    words: &Words<'_>,
    name: &str,
    flags: &[Flag],
    start: usize,
) -> Result<(), Wrong> {
    let table = FLAGS.iter().find(|(instruction, ..)| *instruction == name);
    let (valued, switches) =
        table.map_or((&[][..], &[][..]), |(_, valued, switches)| (*valued, *switches));
    // What stands behind `CMD` and `ENTRYPOINT` is theirs, and behind `ONBUILD` comes another one.
    for (index, flag) in flags.iter().enumerate() {
        let flag_name = flag.name.as_str();
        let at = words.line.text.find("--").unwrap_or(start);
        if !valued.contains(&flag_name) && !switches.contains(&flag_name) {
            return Err((at, format!("`{name}` has no flag `--{flag_name}`")));
        }
        if valued.contains(&flag_name) && flag.value.is_none() {
            return Err((at, format!("`--{flag_name}` needs a value, as in `--{flag_name}=…`")));
        }
        let repeats = matches!(flag_name, "mount" | "exclude" | "device");
        let earlier = flags.iter().take(index).any(|earlier| earlier.name == flag_name);
        if earlier && !repeats {
            return Err((at, format!("`--{flag_name}` is written twice")));
        }
        let is_switch_value =
            |text: &str| matches!(text.to_ascii_lowercase().as_str(), "true" | "false");
        if switches.contains(&flag_name)
            && flag.value.as_ref().is_some_and(|value| !is_switch_value(&value.text))
        {
            return Err((at, format!("`--{flag_name}` is `true` or `false`")));
        }
        let text = flag.text();
        if name == "HEALTHCHECK" && flag_name == "retries" && text.parse::<u32>().is_err() {
            return Err((at, format!("`--retries={text}` is not a number")));
        }
        if name == "HEALTHCHECK" && flag_name != "retries" && !is_duration(text) {
            let reason =
                format!("`--{flag_name}={text}` is not a duration such as `30s` or `1m30s`");
            return Err((at, reason));
        }
    }
    Ok(())
}

/// Whether a text is a duration as Go writes it, `30s`, `1m30s`, `1.5h` or `0`, and long enough.
fn is_duration(text: &str) -> bool {
    const UNITS: [(&str, f64); 8] = [
        ("ns", 1e-9),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("μs", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
    ];
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let Some((digits, behind)) = number.map(|end| rest.split_at(end)) else { return false };
        let unit = UNITS.iter().find(|(unit, _)| {
            // `m` is not the beginning of `ms`.
            behind.strip_prefix(unit).is_some_and(|next| !next.starts_with(char::is_alphabetic))
        });
        let (Some((unit, length)), Ok(count)) = (unit, digits.parse::<f64>()) else {
            return false;
        };
        rest = behind.get(unit.len()..).unwrap_or_default();
        seconds += count * length;
    }
    seconds >= 0.001
}

/// What is said of a word that is no instruction. The file may be anything, also one with secrets: no
/// more is shown than a name is long.
pub(super) fn unknown(name: &str) -> String {
    let shown: String = name.chars().take("HEALTHCHECK".len()).collect();
    let more = if shown.len() < name.len() { "…" } else { "" };
    format!("there is no instruction `{shown}{more}`")
}
