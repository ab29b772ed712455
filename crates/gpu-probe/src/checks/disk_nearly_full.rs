//! A disk that CUDA, containers or temporary files need is nearly full.
//!
//! A CUDA image takes 5 to 15 GiB, PyTorch with its CUDA libraries another 5 to 8. On a full disk
//! pulls, builds and installations fail with messages that seldom name the disk, and the driver can
//! no longer keep what it compiled.
//!
//! Look at it with `df -h` and `docker system df`. Old images are the usual cause: remove what nobody
//! uses.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::{DiskSpace, Facts, Need};
use serde::Serialize;

/// Less than a tenth, and less than 10 GiB, is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "only {:.1} GiB of {:.0} GiB are free on the disk of `{path}`",
    gib(*.free_mib), gib(*.total_mib)
)]
pub struct DiskNearlyFull {
    /// A folder on the disk.
    pub path: String,
    /// Free, in MiB.
    pub free_mib: u64,
    /// In all, in MiB.
    pub total_mib: u64,
    /// Whether Docker is here, whose images can be cleared away.
    pub docker: bool,
}

/// What one CUDA image needs at least.
const ENOUGH_MIB: u64 = 10 * 1024;

fn gib(mib: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit after the point")]
    let mib = mib as f64;
    mib / 1024.0
}

impl DiskNearlyFull {
    pub(super) const CODE: &str = "gpu/disk-nearly-full";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let docker = facts.containers.docker.found().is_some();
        let full = |disk: &DiskSpace| {
            let free_mib = *disk.free_mib.found()?;
            let total_mib = *disk.total_mib.found()?;
            let path = disk.path.clone();
            (free_mib < ENOUGH_MIB && free_mib < total_mib / 10).then_some(Self {
                path,
                free_mib,
                total_mib,
                docker,
            })
        };
        let mut found: Vec<Self> = facts.host.disks.iter().filter_map(full).collect();
        // Several folders on one disk have the same figures.
        found.dedup_by_key(|disk| (disk.free_mib, disk.total_mib));
        found
    }
}

impl Diagnosis for DiskNearlyFull {
    fn place(&self) -> Place {
        Place::Path { path: self.path.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        let prune = Fix::by_command(
            "remove stopped containers, and images and build caches that no container uses (it asks \
             first)",
            "docker system prune --all",
        );
        let look = Fix::by_command(
            "see what takes the space",
            format!("sudo du -xh --max-depth=2 {} | sort -h | tail -n 20", shell_word(&self.path)),
        );
        if self.docker { vec![look, prune] } else { vec![look] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, example};

    #[test]
    fn judges_share_and_size() {
        assert_eq!(DiskNearlyFull::find(&example::h200(), &Need::default()), []);
        let check = |free_mib: Reading<u64>, total_mib: u64, expected: usize| {
            let mut facts = example::h200();
            let total_mib = Reading::Found(total_mib);
            let path = "/".to_owned();
            facts.host.disks = vec![DiskSpace { path, free_mib, total_mib }];
            assert_eq!(DiskNearlyFull::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found(2_000), 1_000_000, 1);
        check(Reading::Found(50_000), 1_000_000, 0);
        check(Reading::Found(2_000), 4_000, 0);
        check(Reading::Unknown("permission denied".to_owned()), 4_000, 0);
    }

    #[test]
    fn one_disk_is_named_once() {
        let mut facts = example::h200();
        let disk = |path: &str| DiskSpace {
            path: path.to_owned(),
            free_mib: Reading::Found(100),
            total_mib: Reading::Found(100_000),
        };
        facts.host.disks = vec![disk("/"), disk("/var/lib/docker")];
        assert_eq!(DiskNearlyFull::find(&facts, &Need::default()).len(), 1);
    }
}
