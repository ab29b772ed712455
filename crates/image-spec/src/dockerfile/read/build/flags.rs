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
    }
    Ok(())
}
