//! Asks the CUDA driver. Runs in a child process: every call below may hang or crash.
//!
//! No context is made, so nothing is allocated on a GPU.

use crate::{
    CallCode, Cuda, CudaDevice, MappedLibrary,
    Reading::{self, Absent, Found, Unknown},
    cuda_code_name,
    driver::{Device, Driver, Failure, LoadError, attribute, mapped_copies, mapped_path},
    isolate::{Lane, Reporter},
    pci_address::pci_address,
};
use cuda_compat::{ComputeCapability, CudaVersion};

/// Everything that the CUDA driver says of this machine.
pub(crate) fn cuda(reporter: &Reporter<'_>) -> Cuda {
    let lane = reporter.lane(0);
    lane.stage("load of libcuda.so.1");
    let driver = match Driver::load() {
        Ok(driver) => driver,
        Err(error) => return not_loaded(error),
    };
    let mut facts = Cuda {
        library: mapped(&driver),
        missing_symbols: driver.missing_symbols().iter().map(|name| (*name).to_owned()).collect(),
        count: Absent,
        ..Cuda::default()
    };

    lane.stage("cuDriverGetVersion");
    facts.version = match driver.version() {
        Ok(number) => CudaVersion::from_driver_integer(number).map_or_else(
            || Unknown(format!("the driver gives {number}, which is no version")),
            Found,
        ),
        Err(failure) => Unknown(words(&driver, failure)),
    };

    lane.stage("cuInit");
    let init = driver.init();
    facts.init = code(&driver, init);
    if init.is_err() {
        return facts;
    }

    lane.stage("cuDeviceGetCount");
    let count = driver.device_count();
    facts.count = code(&driver, count.map(|_| ()));
    facts.devices = (0..count.unwrap_or(0)).map(|at| device(&driver, at, &lane)).collect();
    facts
}

/// What the CUDA driver says where there is none.
pub(crate) fn without_cuda() -> Cuda {
    not_loaded(LoadError::Absent(String::new()))
}

fn not_loaded(error: LoadError) -> Cuda {
    let (library, rest) = match error {
        LoadError::Absent(_) => (Absent, "there is no `libcuda.so.1`"),
        LoadError::Refused(words) => (Unknown(words), "`libcuda.so.1` could not be loaded"),
    };
    Cuda {
        library,
        version: Unknown(rest.to_owned()),
        init: Absent,
        count: Absent,
        ..Cuda::default()
    }
}

/// The file that the functions are in, and other copies that came along.
fn mapped(driver: &Driver) -> Reading<MappedLibrary> {
    let maps = match std::fs::read_to_string("/proc/self/maps") {
        Ok(maps) => maps,
        Err(error) => return Unknown(format!("`/proc/self/maps`: {error}")),
    };
    let mut copies = mapped_copies(&maps, "libcuda.so");
    let ours = driver.code_address().and_then(|address| mapped_path(&maps, address));
    let path = ours.or_else(|| copies.first().cloned());
    let Some(path) = path else {
        return Unknown("`/proc/self/maps` does not show the library".to_owned());
    };
    copies.retain(|copy| *copy != path);
    Found(MappedLibrary { path, also_mapped: copies })
}

fn code(driver: &Driver, result: Result<(), Failure>) -> Reading<CallCode> {
    match result {
        Ok(()) => Found(CallCode::SUCCESS),
        Err(failure) if failure.missing => Unknown(words(driver, failure)),
        Err(failure) => Found(failure.code),
    }
}

/// The name of the code, by the table or by the driver itself.
fn words(driver: &Driver, failure: Failure) -> String {
    if failure.missing {
        return format!("the library has no `{}`", failure.call);
    }
    let by_table = cuda_code_name(failure.code).map(str::to_owned);
    let name = by_table.or_else(|| driver.error_name(failure.code));
    name.unwrap_or_else(|| format!("CUDA error {}", failure.code))
}

fn device(driver: &Driver, at: i32, lane: &Lane<'_, '_>) -> CudaDevice {
    let ordinal = u32::try_from(at).unwrap_or(0);
    lane.stage(&format!("cuDeviceGet({at})"));
    match driver.device(at) {
        Ok(device) => Asked { driver, device, at, lane }.everything(ordinal),
        Err(failure) => {
            CudaDevice { ordinal, name: Unknown(words(driver, failure)), ..CudaDevice::default() }
        }
    }
}

struct Asked<'a, 'r, 'w> {
    driver: &'a Driver,
    device: Device,
    at: i32,
    lane: &'a Lane<'r, 'w>,
}

impl Asked<'_, '_, '_> {
    fn ask<T>(
        &self,
        call: &str,
        ask: impl FnOnce(&Driver, Device) -> Result<T, Failure>,
    ) -> Reading<T> {
        self.lane.stage(&format!("{call}({})", self.at));
        match ask(self.driver, self.device) {
            Ok(value) => Found(value),
            Err(failure) => Unknown(words(self.driver, failure)),
        }
    }

    fn everything(&self, ordinal: u32) -> CudaDevice {
        const MIB: usize = 1024 * 1024;
        let in_mib = |bytes: usize| u64::try_from(bytes / MIB).unwrap_or(u64::MAX);
        let mhz = |khz: u32| khz / 1000;
        CudaDevice {
            ordinal,
            name: self.ask("cuDeviceGetName", Driver::device_name),
            uuid: self.ask("cuDeviceGetUuid", uuid),
            pci_address: self.pci_address(),
            compute_capability: self.compute_capability(),
            memory_mib: self.ask("cuDeviceTotalMem_v2", Driver::device_memory_bytes).map(in_mib),
            multiprocessors: self.attribute(attribute::MULTIPROCESSOR_COUNT),
            clock_mhz: self.attribute(attribute::CLOCK_RATE_KHZ).map(mhz),
            memory_clock_mhz: self.attribute(attribute::MEMORY_CLOCK_RATE_KHZ).map(mhz),
            memory_bus_bits: self.attribute(attribute::MEMORY_BUS_BITS),
            integrated: self.attribute(attribute::INTEGRATED).map(|value| value != 0),
            compute_mode: self.attribute(attribute::COMPUTE_MODE),
        }
    }

    fn attribute(&self, number: u32) -> Reading<u32> {
        let value = self
            .ask("cuDeviceGetAttribute", |driver, device| driver.device_attribute(device, number));
        value.and_then(|value| match value.try_into() {
            Ok(value) => Found(value),
            Err(_) => Unknown("the driver gives a negative number".to_owned()),
        })
    }

    fn compute_capability(&self) -> Reading<ComputeCapability> {
        self.attribute(attribute::COMPUTE_CAPABILITY_MAJOR).and_then(|major| {
            let minor = self.attribute(attribute::COMPUTE_CAPABILITY_MINOR);
            minor.map(|minor| ComputeCapability::new(major, minor))
        })
    }

    fn pci_address(&self) -> Reading<String> {
        let text = self.ask("cuDeviceGetPCIBusId", Driver::device_pci_bus_id);
        text.and_then(|text| match pci_address(&text) {
            Some(address) => Found(address),
            None => Unknown(format!("the driver gives the PCI address `{text}`")),
        })
    }
}

/// The first form names the GPU, the second also a MIG device on it: where they differ it is one.
fn uuid(driver: &Driver, device: Device) -> Result<String, Failure> {
    let gpu = driver.device_uuid(device);
    match driver.device_uuid_v2(device) {
        Ok(own) if gpu.is_ok_and(|gpu| gpu != own) => Ok(uuid_text("MIG", &own)),
        Ok(own) => Ok(uuid_text("GPU", &own)),
        // Drivers before 11.4 have only the first form.
        Err(_) => gpu.map(|gpu| uuid_text("GPU", &gpu)),
    }
}

fn uuid_text(kind: &str, bytes: &[u8; 16]) -> String {
    use std::fmt::Write;
    let mut text = kind.to_owned();
    for (at, byte) in bytes.iter().enumerate() {
        let dash = if matches!(at, 0 | 4 | 6 | 8 | 10) { "-" } else { "" };
        // Writing to a string does not fail.
        let _ = write!(text, "{dash}{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_uuids() {
        let bytes = std::array::from_fn(|at| u8::try_from(at * 16).unwrap());
        assert_eq!(uuid_text("GPU", &bytes), "GPU-00102030-4050-6070-8090-a0b0c0d0e0f0");
    }
}
