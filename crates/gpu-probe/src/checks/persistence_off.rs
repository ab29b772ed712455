//! The driver is unloaded from the GPU whenever nobody uses it.
//!
//! Without persistence the driver starts the GPU anew for every program: one to three seconds for
//! each GPU, and settings such as clock limits are lost in between. On a server this makes short
//! jobs and monitoring slow. On desktops and laptops it does not matter, and it is not reported
//! there.
//!
//! Confirm with `nvidia-smi --query-gpu=persistence_mode --format=csv`. The service
//! `nvidia-persistenced`, which comes with the driver, is the way that NVIDIA recommends.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, NvmlGpu, Reading, evidence};
use serde::Serialize;

/// Persistence is off on data-centre GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "persistence is off on {}: each program waits for the driver to start",
    count_words(*.gpus)
)]
pub struct PersistenceOff {
    /// On how many GPUs.
    pub gpus: usize,
    /// Whether we are in a container, so that it has to be done on the host.
    pub container: bool,
}

impl PersistenceOff {
    pub(super) const CODE: &str = "gpu/persistence-off";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let machine = &facts.host.machine;
        let is_server = machine.wsl.is_absent()
            && machine.tegra.is_absent()
            && machine.laptop != Reading::Found(true)
            && machine.vgpu_guest != Reading::Found(true);
        if !is_server {
            return Vec::new();
        }
        let off = |gpu: &&NvmlGpu| {
            gpu.persistence == Reading::Found(false)
                && gpu.name.found().is_some_and(|name| is_data_centre(name))
        };
        let gpus = evidence::nvml_gpus(facts).iter().filter(off).count();
        let container = machine.container.found().is_some();
        if gpus == 0 { Vec::new() } else { vec![Self { gpus, container }] }
    }
}

/// Whether a GPU of this name is made for servers. NVIDIA's desktop and workstation names carry a
/// series (`GeForce`, `RTX`, `Quadro`, `TITAN`), the others a bare model (`NVIDIA H200`, `Tesla T4`).
fn is_data_centre(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let series = ["geforce", "rtx", "quadro", "titan", "nvs", "orin", "xavier", "thor", "gb10"];
    let of_series = series.iter().any(|word| name.contains(word));
    name.contains("server edition") || !(of_series || name.split(' ').any(is_small_workstation))
}

/// `T400` to `T1200`, which carry no series; a `T4` is for servers.
fn is_small_workstation(word: &str) -> bool {
    let digits = word.strip_prefix('t').unwrap_or_default();
    digits.len() >= 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn count_words(gpus: usize) -> String {
    if gpus == 1 { "a data-centre GPU".to_owned() } else { format!("{gpus} data-centre GPUs") }
}

impl Diagnosis for PersistenceOff {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::on_host(
                self.container,
                "keep the driver loaded until the next reboot",
                "sudo nvidia-smi --persistence-mode=1",
            ),
            Fix::on_host(
                self.container,
                "keep it loaded for good; Ubuntu's service has to lose its `--no-persistence-mode` first \
                 (`sudo systemctl edit --full nvidia-persistenced`)",
                "sudo systemctl enable --now nvidia-persistenced",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_nvml_gpu};

    #[test]
    fn only_servers_need_it() {
        assert_eq!(PersistenceOff::find(&example::h200(), &Need::default()), []);
        let mut facts = with_nvml_gpu(|gpu| gpu.persistence = Reading::Found(false));
        assert_eq!(PersistenceOff::find(&facts, &Need::default()).len(), 1);
        facts.host.machine.wsl = Reading::Found(2);
        assert_eq!(PersistenceOff::find(&facts, &Need::default()), []);
        let unknown =
            with_nvml_gpu(|gpu| gpu.persistence = Reading::Unknown("not asked".to_owned()));
        assert_eq!(PersistenceOff::find(&unknown, &Need::default()), []);
    }

    #[test]
    fn tells_servers_from_desktops_by_name() {
        let check = |name: &str, expected: bool| {
            assert_eq!(is_data_centre(name), expected, "{name}");
        };
        check("NVIDIA H200", true);
        check("Tesla T4", true);
        check("NVIDIA L40S", true);
        check("NVIDIA RTX PRO 6000 Blackwell Server Edition", true);
        check("NVIDIA GeForce RTX 4060 Laptop GPU", false);
        check("NVIDIA RTX A6000", false);
        check("Quadro P2000", false);
    }

    #[test]
    fn names_of_servers() {
        let check =
            |name: &str, expected: bool| assert_eq!(is_data_centre(name), expected, "{name}");
        check("NVIDIA H200", true);
        check("Tesla T4", true);
        check("NVIDIA T1000 8GB", false);
        check("NVIDIA T600 Laptop GPU", false);
    }
}
