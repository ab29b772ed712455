//! Blanks what says whose machine it is: names, serial numbers, UUIDs.
//!
//! The same value becomes the same blank everywhere, so that a `CUDA_VISIBLE_DEVICES` that names a
//! GPU still names that GPU.

use super::{Facts, Probed, Reading};

/// What the host is called afterwards.
const HOST: &str = "redacted-host";

/// Names that many machines have and that say nothing; in a path they stay.
const COMMON_NAMES: &[&str] = &["cuda", "docker", "nvidia", "root", "ubuntu"];

/// Folders of which each subfolder has the name of a user.
const HOMES: &[&str] = &["/home/", "/Users/", "/export/home/", "\\Users\\"];

impl Facts {
    /// Blanks the host's name, users' names (also in paths), serial numbers, UUIDs and the names of
    /// processes, and sets [`Facts::redacted`]. What is blank already stays as it is.
    pub fn redact(&mut self) {
        if self.redacted {
            return;
        }
        let host = self.host.name.found().cloned().filter(|name| !name.is_empty());
        let mut blanks = Blanks::default();
        // The whole UUIDs first, so that a shortened one in a variable is known for what it is.
        for uuid in uuids(self) {
            blanks.blank_uuids(&uuid);
        }
        if let Reading::Found(name) = &self.host.user.name {
            blanks.user(name);
        }
        self.redact_fields(&mut blanks);
        self.redact_log(&mut blanks, host.as_deref());
        self.redact_every_text(&mut blanks);
        self.redacted = true;
    }

    /// Fields that hold a name and nothing else.
    fn redact_fields(&mut self, blanks: &mut Blanks) {
        if let Reading::Found(name) = &mut self.host.name {
            *name = HOST.to_owned();
        }
        if let Reading::Found(name) = &mut self.host.user.name {
            *name = blanks.user(name);
        }
        for group in &mut self.host.user.groups {
            if let Some(blank) = blanks.known_user(group) {
                *group = blank;
            }
        }
        if let Some(value) = self.environment.variables.get_mut("DOCKER_HOST")
            && let Some((scheme, _)) = value.split_once("://").filter(|it| it.0 != "unix")
        {
            *value = format!("{scheme}://{HOST}");
        }
        let Some(nvml) = self.nvml.answered_mut() else { return };
        for gpu in &mut nvml.gpus {
            if let Reading::Found(serial) = &mut gpu.serial {
                *serial = blanks.serials.blank("redacted-serial-", serial);
            }
            let Reading::Found(processes) = &mut gpu.processes else { continue };
            for process in processes {
                if let Reading::Found(name) = &mut process.name {
                    *name = blanks.process(name);
                }
            }
        }
    }

    /// Lines of the kernel log, which name processes and, in a log file, the host.
    fn redact_log(&mut self, blanks: &mut Blanks, host: Option<&str>) {
        let own = self.kernel_log.found_mut().into_iter();
        let mut xids: Vec<_> = Vec::new();
        for log in own {
            xids.extend(&mut log.xids);
            for line in &mut log.driver_messages {
                *line = blanks.line(line, host);
            }
        }
        if let Some(smoke) = self.smoke.as_mut().and_then(Probed::answered_mut) {
            let watched = smoke.gpus.iter_mut().map(|gpu| &mut gpu.watch.xids);
            xids.extend(watched.filter_map(Reading::found_mut).flatten());
        }
        for xid in xids {
            if let Reading::Found(program) = &mut xid.program {
                let blank = blanks.process(program);
                xid.text = replace_word(&xid.text, program, &blank);
                *program = blank;
            }
            xid.text = blanks.line(&xid.text, host);
        }
    }

    /// UUIDs and the names of users can stand in any text: a path, a variable, a reason.
    fn redact_every_text(&mut self, blanks: &mut Blanks) {
        // Plain data becomes JSON and is read back from it: see the tests of `save.rs`.
        let Ok(mut all) = serde_json::to_value(&*self) else { return };
        visit(&mut all, &mut |text| blanks.text(text));
        if let Ok(facts) = serde_json::from_value(all) {
            *self = facts;
        }
    }
}

impl<T> Reading<T> {
    fn found_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }
}

/// The UUIDs of all devices, whole.
fn uuids(facts: &Facts) -> Vec<String> {
    let nvml = facts.nvml.answered().into_iter().flat_map(|nvml| &nvml.gpus);
    let cuda = facts.cuda.answered().into_iter().flat_map(|cuda| &cuda.devices);
    let all = nvml.map(|gpu| &gpu.uuid).chain(cuda.map(|device| &device.uuid));
    all.filter_map(Reading::found).cloned().collect()
}

/// Changes every text of a JSON value; keys stay.
fn visit(value: &mut serde_json::Value, change: &mut impl FnMut(&str) -> String) {
    match value {
        serde_json::Value::String(text) => *text = change(text),
        serde_json::Value::Array(values) => values.iter_mut().for_each(|it| visit(it, change)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|it| visit(it, change)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

/// Values in the order in which they were met; the place of a value is the number of its blank.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    fn blank(&mut self, prefix: &str, value: &str) -> String {
        if value.starts_with(prefix) {
            return value.to_owned();
        }
        let place = self.0.iter().position(|known| known == value).unwrap_or_else(|| {
            self.0.push(value.to_owned());
            self.0.len() - 1
        });
        format!("{prefix}{}", place + 1)
    }
}

/// What was blanked so far.
#[derive(Default)]
struct Blanks {
    gpus: Seen,
    migs: Seen,
    serials: Seen,
    users: Seen,
    processes: Seen,
}

impl Blanks {
    fn user(&mut self, name: &str) -> String {
        if COMMON_NAMES.contains(&name) || name.is_empty() {
            return name.to_owned();
        }
        self.users.blank("redacted-user-", name)
    }

    fn known_user(&mut self, name: &str) -> Option<String> {
        self.users.0.iter().any(|known| known == name).then(|| self.user(name))
    }

    fn process(&mut self, name: &str) -> String {
        self.processes.blank("redacted-process-", name)
    }

    /// A line of a log: the host's name, and the names of processes that are known by now.
    fn line(&mut self, line: &str, host: Option<&str>) -> String {
        let mut line = host.map_or(line.to_owned(), |host| replace_word(line, host, HOST));
        for (place, name) in self.processes.0.iter().enumerate() {
            line = replace_word(&line, name, &format!("redacted-process-{}", place + 1));
        }
        line
    }

    fn text(&mut self, text: &str) -> String {
        let text = self.blank_uuids(text);
        let text = self.blank_homes(&text);
        self.blank_folders(&text)
    }

    /// Blanks `GPU-…` and `MIG-…`, whole or shortened.
    fn blank_uuids(&mut self, text: &str) -> String {
        let mut done = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((start, is_mig)) = find_uuid_prefix(rest) {
            let (before, from) = rest.split_at(start);
            let (prefix, from) = from.split_at("GPU-".len());
            let is_digit = |char: char| char.is_ascii_hexdigit() || char == '-';
            let end = from.find(|char| !is_digit(char)).unwrap_or(from.len());
            let (digits, after) = from.split_at(end);
            done.push_str(before);
            let is_word = after.starts_with(|char: char| char.is_alphanumeric() || char == '_');
            if digits.len() < 2 || is_word {
                done.push_str(prefix);
                rest = from;
                continue;
            }
            let seen = if is_mig { &mut self.migs } else { &mut self.gpus };
            done.push_str(&seen.blank(&format!("{prefix}redacted-"), &whole(seen, digits)));
            rest = after;
        }
        done.push_str(rest);
        done
    }

    /// Blanks `NAME` in `/home/NAME`.
    fn blank_homes(&mut self, text: &str) -> String {
        HOMES.iter().fold(text.to_owned(), |text, home| {
            let mut parts = text.split(home);
            let mut done = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let is_end = |char: char| "/\\:;,`'\" ".contains(char) || char.is_control();
                let (name, after) = part.split_at(part.find(is_end).unwrap_or(part.len()));
                done.push_str(home);
                done.push_str(&self.user(name));
                done.push_str(after);
            }
            done
        })
    }

    /// Blanks folders below the first that have the name of a user: `/data/NAME/venv`.
    fn blank_folders(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (place, name) in self.users.0.iter().enumerate() {
            let blank = format!("redacted-user-{}", place + 1);
            let mut from = 0;
            while let Some(found) = text.get(from..).and_then(|rest| rest.find(name.as_str())) {
                let (start, end) = (from + found, from + found + name.len());
                let before = text.get(..start).unwrap_or_default();
                let after = text.get(end..).unwrap_or_default();
                // `/dev/nvidia0` stays also where the user is called `dev`.
                let is_below = before
                    .strip_suffix('/')
                    .is_some_and(|parent| parent.ends_with(|char: char| char.is_alphanumeric()));
                let ends =
                    !after.starts_with(|char: char| char.is_alphanumeric() || "-_.".contains(char));
                if is_below && ends {
                    text.replace_range(start..end, &blank);
                    from = start + blank.len();
                } else {
                    from = end;
                }
            }
        }
        text
    }
}

/// Where the next `GPU-` or `MIG-` begins, and which it is.
fn find_uuid_prefix(text: &str) -> Option<(usize, bool)> {
    let gpu = text.find("GPU-").map(|start| (start, false));
    let mig = text.find("MIG-").map(|start| (start, true));
    gpu.into_iter().chain(mig).min()
}

/// The whole UUID that a shortened one stands for, where only one begins so; else the same.
fn whole(seen: &Seen, digits: &str) -> String {
    let digits = digits.to_ascii_lowercase();
    let mut fitting = seen.0.iter().filter(|known| known.starts_with(&digits));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => only.clone(),
        _ => digits,
    }
}

/// Replaces `word` where it stands alone.
fn replace_word(text: &str, word: &str, blank: &str) -> String {
    if word.is_empty() {
        return text.to_owned();
    }
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(word) {
        let (before, found) = rest.split_at(start);
        let (found, after) = found.split_at(word.len());
        let is_part = |char: char| char.is_alphanumeric() || char == '_' || char == '-';
        let inside = before.ends_with(is_part) || after.starts_with(is_part);
        done.push_str(before);
        done.push_str(if inside { found } else { blank });
        rest = after;
    }
    done.push_str(rest);
    done
}

#[cfg(test)]
mod tests;
