//! More than one version of `libcuda` is on the machine.
//!
//! The driver's library has to be of the same version as its kernel module. Where an installer, a
//! package and a copied file left several, the loader takes the first it comes to, which may be the
//! wrong one. Under WSL a Linux driver beside the one that Windows lends has the same effect; the
//! message `ldconfig: /usr/lib/wsl/lib/libcuda.so.1 is not a symbolic link` there is harmless.
//! `ldconfig -p | grep libcuda` lists the copies.
//!
//! Remove all but the one that came with the running driver, and run `sudo ldconfig`; in a container
//! take the driver's packages out of the image, because the host's libraries are mounted. Stubs and
//! forward-compatibility copies are not counted here: they are other problems.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::steps;
use crate::{Facts, LibraryKind, Need, evidence};
use serde::Serialize;

/// Copies of different versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{} versions of `libcuda` are on this machine: {}", .copies.len(), list_copies(.copies))]
pub struct SeveralDriverLibraries {
    /// The first path of each version, and the version.
    pub copies: Vec<(String, String)>,
    /// Whether this is a WSL guest.
    pub wsl: bool,
}

impl SeveralDriverLibraries {
    pub(super) const CODE: &str = "gpu/several-driver-libraries";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/no-nvidia-device"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let wsl = evidence::in_wsl(facts);
        // In a container the toolkit gives Windows' library a Linux name.
        let linux_in_wsl = wsl && !evidence::in_container(facts);
        let mut copies: Vec<(String, String)> = Vec::new();
        for copy in &facts.driver_libraries.cuda {
            let version = match (copy.kind, copy.version.found()) {
                (LibraryKind::Stub | LibraryKind::Compat, _) => continue,
                (LibraryKind::Wsl, _) => "Windows' own".to_owned(),
                (LibraryKind::Driver, Some(version)) => version.to_string(),
                (LibraryKind::Driver, None) if linux_in_wsl => "of Linux".to_owned(),
                (LibraryKind::Driver, None) => continue,
            };
            if copies.iter().all(|(_, known)| *known != version) {
                copies.push((copy.path.clone(), version));
            }
        }
        if copies.len() < 2 { Vec::new() } else { vec![Self { copies, wsl }] }
    }
}

impl Diagnosis for SeveralDriverLibraries {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.wsl {
            return vec![Fix::by_hand(
                "remove the Linux driver (packages `nvidia-*` and `libnvidia-*`): under WSL the driver is \
                 Windows' own, in `/usr/lib/wsl/lib`",
            )];
        }
        let paths: Vec<String> = self.copies.iter().map(|(path, _)| shell_word(path)).collect();
        vec![
            Fix::by_command(
                "see which package owns each copy",
                format!("dpkg -S {0} || rpm -qf {0} || pacman -Qo {0}", paths.join(" ")),
            ),
            Fix::by_hand("remove the copies that are not of the running driver"),
            steps::renew_loader_list(),
        ]
    }
}

fn list_copies(copies: &[(String, String)]) -> String {
    let words: Vec<String> =
        copies.iter().map(|(path, version)| format!("{version} (`{path}`)")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(SeveralDriverLibraries::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn counts_versions_and_not_files() {
        let add = |path: &str, version: &str, kind: LibraryKind| {
            let copy = crate::LibraryCopy {
                path: path.to_owned(),
                kind,
                version: crate::Reading::Found(version.parse().unwrap()),
                elf: crate::Reading::Found(true),
            };
            move |facts: &mut Facts| facts.driver_libraries.cuda.push(copy)
        };
        check(example::h200(), |_| {}, 0);
        check(
            example::h200(),
            add("/usr/lib/i386-linux-gnu/libcuda.so.1", "570.86.15", LibraryKind::Driver),
            0,
        );
        check(example::h200(), add("/usr/lib64/libcuda.so.1", "550.54.15", LibraryKind::Driver), 1);
        check(
            example::h200(),
            add("/usr/local/cuda/compat/libcuda.so.1", "580.10", LibraryKind::Compat),
            0,
        );
        check(
            example::rtx_4060_wsl(),
            add("/usr/lib/x86_64-linux-gnu/libcuda.so.1", "535.1", LibraryKind::Driver),
            1,
        );
    }
}
