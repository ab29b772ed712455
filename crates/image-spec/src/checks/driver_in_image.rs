//! The image has an NVIDIA driver inside.
//!
//! The driver belongs to the machine: its kernel module and its libraries are of one version, and the
//! container toolkit mounts the machine's libraries into each container. A driver that was installed
//! in the image lies beside or in front of those, is of another version than the module, and then
//! CUDA fails with `Failed to initialize NVML: Driver/library version mismatch` or finds no device. It
//! also makes the image some hundred MB larger. The packages `cuda` and `cuda-12-4` bring a driver;
//! `cuda-toolkit-12-4` does not.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'ls /usr/lib/x86_64-linux-gnu/libcuda.so.*'`:
//! without `--gpus` there must be none.
//!
//! Leave the driver out. Install `cuda-toolkit-12-4`, or begin with an image of `nvidia/cuda`.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    dockerfile::{Packages, ShellCommand},
};
use serde::Serialize;

/// The image has an NVIDIA driver inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` puts an NVIDIA driver into the image, which belongs to the machine")]
pub struct DriverInImage {
    /// What brings it.
    pub package: String,
    /// The package without a driver, where there is one.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl DriverInImage {
    pub(super) const CODE: &str = "image/driver-in-image";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found = Vec::new();
        for (_, run) in file.runs() {
            for command in &run.commands {
                if let Some(packages) = Packages::of(command) {
                    for package in &packages.packages {
                        let Some(instead) = driver_package(package.name) else { continue };
                        found.push(Self {
                            package: package.name.to_owned(),
                            instead,
                            place: file.place(package.span.start),
                        });
                    }
                }
                let place = || file.place(command.span.start);
                found.extend(driver_installer(command).map(|package| Self {
                    package,
                    instead: None,
                    place: place(),
                }));
            }
        }
        found
    }
}

/// Whether a package brings a driver, and what to install instead.
fn driver_package(name: &str) -> Option<Option<String>> {
    const STARTS: [&str; 12] = [
        "cuda-drivers",
        "libnvidia-cfg1",
        "libnvidia-compute-",
        "libnvidia-decode-",
        "libnvidia-encode-",
        "libnvidia-gl-",
        "nvidia-compute-utils-",
        "nvidia-dkms-",
        "nvidia-driver",
        "nvidia-headless-",
        "nvidia-kernel-",
        "nvidia-utils-",
    ];
    if STARTS.iter().any(|start| name.starts_with(start)) || matches!(name, "libcuda1" | "nvidia-open") {
        return Some(None);
    }
    // `cuda` and `cuda-12-4` depend on a driver, and so does `cuda-runtime-12-4`.
    let rest = name.strip_prefix("cuda")?;
    let version = rest.strip_prefix("-runtime").unwrap_or(rest);
    let is_version = version.is_empty()
        || version.strip_prefix('-').is_some_and(|version| {
            version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        });
    is_version.then(|| {
        let toolkit = if rest.starts_with("-runtime") { "cuda-libraries" } else { "cuda-toolkit" };
        Some(format!("{toolkit}{version}"))
    })
}

/// NVIDIA's installers that end in `.run`.
fn driver_installer(command: &ShellCommand) -> Option<String> {
    let is_shell = command.is(&["sh", "bash"]);
    let mut words = command.words.iter().map(|word| word.text.as_str());
    let file = if is_shell { words.nth(1)? } else { words.next()? };
    let name = file.rsplit('/').next().filter(|name| name.ends_with(".run"))?;
    if name.starts_with("NVIDIA-Linux-") {
        return (!command.has(&["-x", "--extract-only"])).then(|| name.to_owned());
    }
    let is_cuda = name.starts_with("cuda_");
    let leaves_out = command.argument_texts().any(|text| {
        text.starts_with("--toolkit") || text.starts_with("--extract") || text.starts_with("--samples")
    });
    let asks = command.has(&["--driver"]);
    (is_cuda && (asks || !leaves_out)).then(|| name.to_owned())
}

impl Diagnosis for DriverInImage {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(match &self.instead {
            Some(instead) => format!("install `{instead}`, which brings no driver"),
            None if self.package.starts_with("cuda_") => {
                "add `--toolkit --silent`, so that only the toolkit is installed".to_owned()
            }
            None => "leave it out: the container toolkit mounts the machine's driver".to_owned(),
        })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_drivers() {
        let check = |run: &str, expected: &[Option<&str>]| {
            let found = example::dockerfile(&format!("FROM a\nRUN {run}\n"), DriverInImage::find);
            let got: Vec<Option<&str>> =
                found.iter().map(|found| found.instead.as_deref()).collect();
            assert_eq!(got, expected, "{run}");
        };
        check("apt-get install -y nvidia-driver-550", &[None]);
        check("apt-get install -y cuda", &[Some("cuda-toolkit")]);
        check("apt-get install -y cuda-12-4 git", &[Some("cuda-toolkit-12-4")]);
        check("apt-get install -y cuda-runtime-12-4", &[Some("cuda-libraries-12-4")]);
        check("dnf install -y cuda-drivers", &[None]);
        check("sh cuda_12.4.0_550.54.14_linux.run --silent", &[None]);
        check("apt-get install -y cuda-toolkit-12-4 cuda-nvcc-12-4 cuda-compat-12-4", &[]);
        check("apt-get install -y nvidia-cuda-toolkit libnvidia-container1 cudnn", &[]);
        check("sh cuda_12.4.0_550.54.14_linux.run --silent --toolkit", &[]);
        check("apt-get remove -y nvidia-driver-550", &[]);
        check("./NVIDIA-Linux-x86_64-550.54.14.run -x", &[]);
    }
}
