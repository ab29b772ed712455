//! From the config to what `image-spec` judges.

use super::Config;
use cuda_compat::{DriverVersion, GpuModel, Platform};
use gpu_probe::GpuWish;
use image_spec::{Fleet, Gpu, Project, Spec, Stack};

impl Config {
    /// What the config says about images.
    pub(crate) fn spec(&self) -> Spec {
        Spec {
            project: Project {
                name: self.project.name.clone(),
                version: self.project.version.clone(),
            },
            stack: Stack {
                cuda: self.cuda.version,
                cudnn: self.cuda.cudnn,
                python: self.cuda.python,
                os: self.cuda.os.clone(),
            },
            fleet: self.fleet(),
            frameworks: self.frameworks.0.clone(),
            registry: self.registry.clone(),
            images: self
                .image
                .iter()
                .map(|(name, image)| (name.to_string(), image.clone()))
                .collect(),
        }
    }

    /// The machines that the product must run on.
    pub(crate) fn fleet(&self) -> Fleet {
        Fleet {
            driver: self.cuda.driver,
            platform: self.cuda.driver.map(platform),
            gpus: self.cuda.gpus.iter().flat_map(|gpu| gpus(&gpu.0)).collect(),
        }
    }
}

/// Whose driver a version is. Linux numbers with three parts; two parts are Windows' unless the branch
/// is one of Linux', where it is taken as Linux'.
pub(crate) fn platform(driver: DriverVersion) -> Platform {
    let linux = driver.patch.is_some() || cuda_compat::driver_branch(driver).is_some();
    if linux { Platform::Linux } else { Platform::Windows }
}

/// Every GPU that a wish means: `RTX 4060` is also the RTX 4060 Ti.
pub(crate) fn gpus(wish: &GpuWish) -> Vec<Gpu> {
    match wish {
        GpuWish::Capability(capability) => vec![Gpu {
            name: format!("compute capability {capability}"),
            capability: *capability,
            data_center: None,
        }],
        GpuWish::Model(name) => {
            let mut found: Vec<Gpu> = Vec::new();
            for model in cuda_compat::gpu_models_named(name) {
                if found.iter().all(|gpu| gpu.capability != model.cc) {
                    found.push(Gpu {
                        name: name.clone(),
                        capability: model.cc,
                        data_center: Some(is_data_center(model)),
                    });
                }
            }
            found
        }
    }
}

fn is_data_center(model: &GpuModel) -> bool {
    let others = ["GeForce", "RTX", "GTX", "TITAN", "Quadro", "Jetson", "Orin", "Thor", "Xavier"];
    !others.iter().any(|name| model.name.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_windows_drivers_by_their_numbers() {
        let check = |driver: &str, expected: Platform| {
            assert_eq!(platform(driver.parse().unwrap()), expected, "{driver}");
        };
        check("572.83", Platform::Windows);
        check("570.124.06", Platform::Linux);
        check("550.67", Platform::Linux);
    }

    #[test]
    fn a_wish_may_mean_several() {
        let check = |wish: GpuWish, expected: &[(&str, Option<bool>)]| {
            let got: Vec<(String, Option<bool>)> = gpus(&wish)
                .into_iter()
                .map(|gpu| (gpu.capability.to_string(), gpu.data_center))
                .collect();
            let got: Vec<(&str, Option<bool>)> =
                got.iter().map(|(capability, center)| (capability.as_str(), *center)).collect();
            assert_eq!(got, expected);
        };
        check(GpuWish::Model("RTX 4060".to_owned()), &[("8.9", Some(false))]);
        check(GpuWish::Model("H200".to_owned()), &[("9.0", Some(true))]);
        check(GpuWish::Capability("10.0".parse().unwrap()), &[("10.0", None)]);
    }
}
