//! The user that an image runs as.

use super::{
    RenderError,
    packages::Family,
    plan::Planned,
    quote::{self, refused},
};
use crate::Usage;

/// The number of a user of whom only a name is written: none that a distribution gives to anybody.
const NUMBER: u32 = 10001;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    name: String,
    group: String,
    uid: u32,
    gid: u32,
}

impl User {
    /// The user of an image; `None` for root.
    pub(crate) fn of(planned: &Planned<'_>) -> Result<Option<Self>, RenderError> {
        let key = planned.key("user");
        let written = planned.recipe.user.as_ref().map_or("root", |user| user.value.as_str());
        let (user, group) = written.split_once(':').unwrap_or((written, written));
        if matches!(user, "root" | "0") {
            return Ok(None);
        }
        let (name, uid) = part(&key, written, user)?;
        let (group, gid) = part(&key, written, group)?;
        Ok(Some(Self { name, group, uid, gid }))
    }

    /// As `USER` and `--chown` name it: by numbers, which Kubernetes can tell from root.
    pub(crate) fn numbers(&self) -> String {
        format!("{}:{}", self.uid, self.gid)
    }

    /// The instruction that makes it, with a home and, to work in, the folder `workdir`.
    pub(crate) fn creation(&self, planned: &Planned<'_>, workdir: &str) -> String {
        let Self { name, group, uid, gid } = self;
        let works = planned.usage != Usage::Prod;
        let shell = if works { "/bin/bash" } else { "/usr/sbin/nologin" };
        let mut steps = match Family::of(planned) {
            Family::Unknown => vec![
                // Without a distribution that is known there may be no `useradd`.
                format!("echo '{group}:x:{gid}:' >> /etc/group"),
                format!("echo '{name}:x:{uid}:{gid}::/home/{name}:/bin/sh' >> /etc/passwd"),
                format!("mkdir -p /home/{name}"),
                format!("chown {uid}:{gid} /home/{name}"),
            ],
            Family::Apt | Family::Dnf => {
                // Ubuntu 24.04 has a user 1000 of its own.
                let shared = |id: u32| if id == 1000 { " --non-unique" } else { "" };
                let log = if *uid > 99_999 { " --no-log-init" } else { "" };
                vec![
                    format!("groupadd --gid {gid}{} {group}", shared(*gid)),
                    format!(
                        "useradd --uid {uid}{}{log} --gid {gid} --create-home --shell {shell} {name}",
                        shared(*uid)
                    ),
                ]
            }
        };
        if works {
            steps.push(format!("mkdir -p {workdir}"));
            steps.push(format!("chown {uid}:{gid} {workdir}"));
        }
        format!(
            "# Not root: the program needs no rights over the image.\nRUN {}",
            steps.join(" \\\n    && ")
        )
    }
}

fn part(key: &str, written: &str, text: &str) -> Result<(String, u32), RenderError> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = text.parse::<u32>().ok().filter(|number| *number < u32::MAX - 1);
        let number = number.ok_or_else(|| refused(key, written, "that number is too large"))?;
        return Ok(("app".to_owned(), number));
    }
    let first = text.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_');
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    if first && text.len() <= 32 && text.bytes().all(plain) {
        return Ok((text.to_owned(), NUMBER));
    }
    Err(refused(key, written, "it is a name in small letters or a number, such as `10001:10001`"))
}

/// The working folder of an image; `None` where it is that of the image that it builds on.
pub(crate) fn workdir<'a>(planned: &'a Planned<'_>) -> Result<Option<&'a str>, RenderError> {
    match planned.image.workdir.as_deref() {
        Some(path) => quote::absolute(&planned.key("workdir"), path).map(Some),
        None if planned.parent.is_some() => Ok(None),
        None => Ok(Some("/app")),
    }
}
