//! Who asks, and what the kernel lets them do.

use super::root::Root;
use crate::{
    Reading::{self, Absent, Found, Unknown},
    User,
};

/// Numbers of capabilities, from `capabilities(7)`.
const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;

/// Reads the user from `/proc/self/status`, `/etc/passwd` and `/etc/group`.
pub(crate) fn read(root: &Root) -> User {
    let status = root.text("/proc/self/status");
    let status = status.map(|text| parse_status(&text));
    let uid = status.found().and_then(|status| status.uid);
    let uid = uid.unwrap_or_else(|| rustix::process::geteuid().as_raw());
    let names = root.text("/etc/group");
    let names = names.found().map_or("", String::as_str);
    let groups = status.found().map(|status| status.groups.as_slice()).unwrap_or_default();
    let capability = |number: u32| match &status {
        Found(Status { capabilities: Some(bits), .. }) => Found(bits >> number & 1 == 1),
        Found(_) => Unknown("`/proc/self/status` names no `CapEff`".to_owned()),
        Absent => Unknown(root.without("/proc/self/status")),
        Unknown(reason) => Unknown(reason.clone()),
    };
    User {
        uid,
        name: name(root, uid),
        groups: groups.iter().map(|group| group_name(names, *group)).collect(),
        cap_sys_admin: capability(CAP_SYS_ADMIN),
        cap_perfmon: capability(CAP_PERFMON),
    }
}

fn name(root: &Root, uid: u32) -> Reading<String> {
    match root.text("/etc/passwd") {
        Found(text) => match name_of(&text, uid) {
            Some(name) => Found(name.to_owned()),
            None => Unknown(format!("`/etc/passwd` does not name user {uid}")),
        },
        Absent => Unknown("there is no `/etc/passwd`".to_owned()),
        Unknown(reason) => Unknown(reason),
    }
}

fn group_name(text: &str, group: u32) -> String {
    name_of(text, group).map_or_else(|| group.to_string(), str::to_owned)
}

/// What `/proc/self/status` says that matters here.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Status {
    uid: Option<u32>,
    groups: Vec<u32>,
    capabilities: Option<u64>,
}

pub(super) fn parse_status(text: &str) -> Status {
    let line = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    let numbers = |key: &str| -> Vec<u32> {
        let words = line(key).unwrap_or_default().split_whitespace();
        words.filter_map(|word| word.parse().ok()).collect()
    };
    // Four numbers: real, effective, saved, file system.
    let mut groups: Vec<u32> = numbers("Gid:").get(1).copied().into_iter().collect();
    for group in numbers("Groups:") {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    Status {
        uid: numbers("Uid:").get(1).copied(),
        groups,
        capabilities: line("CapEff:").and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()),
    }
}

/// The name for a number in `/etc/passwd` or `/etc/group`: both hold the number in the third place.
pub(super) fn name_of(text: &str, number: u32) -> Option<&str> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    const STATUS: &str = "Name:\tcat\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n\
                          Groups:\t4 27 999 1000 \nCapEff:\t0000004000000000\n";

    #[test]
    fn reads_a_user() {
        let tree = Tree::new(&[
            ("/proc/self/status", STATUS),
            (
                "/etc/passwd",
                "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000:,,,:/home/ada:/bin/sh\n",
            ),
            ("/etc/group", "root:x:0:\nadm:x:4:syslog\nsudo:x:27:ada\nada:x:1000:\n"),
        ]);
        let user = read(&tree.root());
        assert_eq!(user.uid, 1000);
        assert_eq!(user.name, Found("ada".to_owned()));
        assert_eq!(user.groups, ["ada", "adm", "sudo", "999"]);
        assert_eq!(user.cap_sys_admin, Found(false));
        assert_eq!(user.cap_perfmon, Found(true));
    }

    #[test]
    fn root_has_every_capability() {
        let status = parse_status("Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n");
        assert_eq!(status.capabilities, Some(0x1ff_ffff_ffff));
        assert_eq!(status.uid, Some(0));
    }

    #[test]
    fn a_container_without_passwd_is_not_known() {
        let user = read(&Tree::new(&[("/proc/self/status", STATUS)]).root());
        assert!(user.name.unknown().is_some());
        assert_eq!(user.groups, ["1000", "4", "27", "999"]);
    }

    proptest! {
        #[test]
        fn never_panics(text in "(Uid|Gid|Groups|CapEff|x)?:.{0,100}", number: u32) {
            parse_status(&text);
            name_of(&text, number);
        }
    }
}
