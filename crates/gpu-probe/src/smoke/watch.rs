//! Asks NVML, again and again, while the GPUs work.
//!
//! The thread stands alone and is never waited for: where NVML hangs, there are no more samples,
//! and the test of the GPUs goes on.

use crate::{
    Reading, SmokeWatch,
    driver::{LoadError, open_library},
    read::{nvml_reading, throttle_mask, throttle_reasons},
};
use nvml_wrapper::{Device, Nvml, enum_wrappers::device::TemperatureSensor};
use std::{
    ffi::OsStr,
    mem::ManuallyDrop,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

const EVERY: Duration = Duration::from_millis(100);
/// The bit of `ThrottleReason::GpuIdle`.
const IDLE: u64 = 1;

/// The watch over all GPUs of the test; it ends when it is dropped.
pub(super) struct Watch(Arc<Mutex<Watched>>);

#[derive(Default)]
struct Watched {
    gpus: Vec<(String, SmokeWatch)>,
    /// Why nothing can be seen at all.
    blind: Option<String>,
}

/// One sample of one GPU.
struct Sample {
    throttle_bits: Reading<u64>,
    temperature_c: Reading<u32>,
    pcie_generation: Reading<u32>,
    pcie_width: Reading<u32>,
}

impl Watch {
    /// Starts to look.
    pub(super) fn start() -> Self {
        let watched = Arc::<Mutex<Watched>>::default();
        let seen = Arc::downgrade(&watched);
        if let Err(error) = std::thread::Builder::new().spawn(move || look(&seen)) {
            lock(&watched).blind = Some(format!("no thread could be started: {error}"));
        }
        Self(watched)
    }

    /// Looks at this GPU too, from now on; the number is for [`Watch::seen`].
    pub(super) fn add(&self, pci_address: Option<&str>) -> Option<usize> {
        let mut watched = lock(&self.0);
        watched.gpus.push((pci_address?.to_owned(), SmokeWatch::default()));
        Some(watched.gpus.len() - 1)
    }

    /// What was seen of the GPU so far.
    pub(super) fn seen(&self, number: Option<usize>) -> SmokeWatch {
        let watched = lock(&self.0);
        let known = number.and_then(|number| watched.gpus.get(number));
        let mut seen = known.map(|(_, seen)| seen.clone()).unwrap_or_default();
        if seen.samples == 0 {
            let silent = "NVML did not answer while the GPU worked";
            let reason = watched.blind.as_deref().unwrap_or(silent);
            seen.max_temperature_c = Reading::Unknown(reason.to_owned());
            seen.pcie_generation = Reading::Unknown(reason.to_owned());
            seen.pcie_width = Reading::Unknown(reason.to_owned());
        }
        // The kernel log belongs to the parent, which reads it before and after.
        seen.xids = Reading::Unknown("the kernel log was not compared".to_owned());
        seen
    }
}

fn lock(watched: &Mutex<Watched>) -> MutexGuard<'_, Watched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

fn look(seen: &Weak<Mutex<Watched>>) {
    let nvml = match open() {
        Ok(nvml) => nvml,
        Err(reason) => {
            if let Some(watched) = seen.upgrade() {
                lock(&watched).blind = Some(reason);
            }
            return;
        }
    };
    while let Some(watched) = seen.upgrade() {
        let addresses: Vec<String> =
            lock(&watched).gpus.iter().map(|(address, _)| address.clone()).collect();
        // The lock is not held while NVML is asked: that may take for ever.
        for (number, address) in addresses.iter().enumerate() {
            let Ok(device) = nvml.device_by_pci_bus_id(address.as_str()) else { continue };
            let sample = sample(&device);
            if let Some((_, seen)) = lock(&watched).gpus.get_mut(number) {
                take(seen, &sample);
            }
        }
        drop(watched);
        std::thread::sleep(EVERY);
    }
}

/// Opens NVML. It is not closed: that would panic where the library has no `nvmlShutdown`, and the
/// process ends soon.
fn open() -> Result<ManuallyDrop<Nvml>, String> {
    let library = open_library("libnvidia-ml.so.1").map_err(|error| match error {
        LoadError::Absent(words) | LoadError::Refused(words) => words,
    })?;
    let nvml = Nvml::builder().lib_path(OsStr::new(&library.path)).init();
    // It stays loaded where NVML was started; where not, its second copy here is of no harm.
    std::mem::forget(library.library);
    nvml.map(ManuallyDrop::new).map_err(|error| format!("NVML could not be asked: {error}"))
}

fn sample(device: &Device<'_>) -> Sample {
    Sample {
        throttle_bits: nvml_reading(throttle_mask(device)),
        temperature_c: nvml_reading(device.temperature(TemperatureSensor::Gpu)),
        pcie_generation: nvml_reading(device.current_pcie_link_gen()),
        pcie_width: nvml_reading(device.current_pcie_link_width()),
    }
}

/// Adds a sample: the hottest, and the fastest and widest link, since a link that rests is slow.
fn take(seen: &mut SmokeWatch, sample: &Sample) {
    seen.samples += 1;
    let bits = sample.throttle_bits.found().copied().unwrap_or(0);
    // That nothing runs holds nothing down.
    for reason in throttle_reasons(bits & !IDLE) {
        match seen.throttled.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => seen.throttled.push((reason, 1)),
        }
    }
    largest(&mut seen.max_temperature_c, &sample.temperature_c);
    largest(&mut seen.pcie_generation, &sample.pcie_generation);
    largest(&mut seen.pcie_width, &sample.pcie_width);
}

fn largest(known: &mut Reading<u32>, new: &Reading<u32>) {
    match (known.found(), new.found()) {
        (Some(known), Some(new)) if known >= new => {}
        (Some(_), None) => {}
        _ => *known = new.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ThrottleReason;

    #[test]
    fn samples_add_up() {
        let sample = |bits, temperature, generation| Sample {
            throttle_bits: Reading::Found(bits),
            temperature_c: Reading::Found(temperature),
            pcie_generation: generation,
            pcie_width: Reading::Absent,
        };
        let mut seen = SmokeWatch::default();
        take(&mut seen, &sample(1, 40, Reading::Unknown("busy".to_owned())));
        take(&mut seen, &sample(0b0010_0100, 83, Reading::Found(4)));
        take(&mut seen, &sample(1 << 40 | 0b100, 80, Reading::Found(1)));
        assert_eq!(seen.samples, 3);
        assert_eq!(
            seen.throttled,
            [
                (ThrottleReason::SoftwarePowerCap, 2),
                (ThrottleReason::SoftwareThermal, 1),
                (ThrottleReason::Other(40), 1)
            ]
        );
        assert_eq!(seen.max_temperature_c, Reading::Found(83));
        assert_eq!(seen.pcie_generation, Reading::Found(4));
        assert_eq!(seen.pcie_width, Reading::Absent);
    }

    #[test]
    fn a_gpu_without_an_address_is_not_seen() {
        let watch = Watch(Arc::default());
        assert_eq!(watch.add(None), None);
        let seen = watch.seen(None);
        assert_eq!(seen.samples, 0);
        assert!(seen.max_temperature_c.unknown().is_some());
        assert!(seen.xids.unknown().is_some());
    }
}
