//! One GPU, asked for everything.

use super::{Answer, answer, answer::reading, processes, raw};
use crate::{
    CallCode, Clocks, ClocksMhz, EccErrors, NvmlGpu, PcieLink, PcieWidthGeneration, Power,
    Reading::{self, Absent, Found, Unknown},
    isolate::Lane,
    pci_address::pci_address,
};
use cuda_compat::{ComputeCapability, DriverVersion};
use nvml_wrapper::{
    Device, Nvml,
    enum_wrappers::device::{
        Brand, Clock, EccCounter, MemoryError, TemperatureSensor, TemperatureThreshold,
    },
    enums::device::SampleValue,
    error::NvmlError,
    structs::device::FieldId,
};
use nvml_wrapper_sys::bindings::{
    NVML_NVLINK_MAX_LINKS, field_id::NVML_FI_DEV_GET_GPU_RECOVERY_ACTION,
};

/// A GPU that has not answered to the end.
pub(super) fn unanswered(index: u32) -> NvmlGpu {
    let handle = Unknown("the driver did not answer for this GPU".to_owned());
    NvmlGpu { index, handle, ..NvmlGpu::default() }
}

/// Opens a GPU and asks it; `identified` is called as soon as it is known which GPU it is.
pub(super) fn gpu(
    nvml: &Nvml,
    index: u32,
    driver: Option<DriverVersion>,
    lane: &Lane<'_, '_>,
    identified: impl FnOnce(NvmlGpu),
) -> NvmlGpu {
    lane.stage(&format!("nvmlDeviceGetHandleByIndex_v2({index})"));
    match nvml.device_by_index(index) {
        Ok(device) => Asked { device, index, lane }.everything(driver, identified),
        Err(error) => {
            let handle = match answer::code_of(error) {
                Ok(code) => Found(code),
                Err(words) => Unknown(words),
            };
            NvmlGpu { index, handle, ..NvmlGpu::default() }
        }
    }
}

struct Asked<'a, 'r, 'w> {
    device: Device<'a>,
    index: u32,
    lane: &'a Lane<'r, 'w>,
}

impl<'a> Asked<'a, '_, '_> {
    /// Says which call comes and makes it.
    fn ask<T>(&self, call: &str, ask: impl FnOnce(&Device<'a>) -> Answer<T>) -> Reading<T> {
        self.lane.stage(&format!("{call}({})", self.index));
        reading(ask(&self.device))
    }

    fn everything(
        &self,
        driver: Option<DriverVersion>,
        identified: impl FnOnce(NvmlGpu),
    ) -> NvmlGpu {
        let identity = NvmlGpu {
            pci_address: self.pci_address(),
            name: self.ask("nvmlDeviceGetName", Device::name),
            uuid: self.ask("nvmlDeviceGetUUID", Device::uuid),
            ..unanswered(self.index)
        };
        identified(identity.clone());
        let mut gpu = NvmlGpu {
            handle: Found(CallCode::SUCCESS),
            serial: self.ask("nvmlDeviceGetSerial", Device::serial),
            compute_capability: self.compute_capability(),
            brand: self.ask("nvmlDeviceGetBrand", Device::brand).map(brand_name).map(str::to_owned),
            vbios: self.ask("nvmlDeviceGetVbiosVersion", Device::vbios_version),
            memory: self.ask("nvmlDeviceGetMemoryInfo_v2", raw::memory),
            remapped_rows: self.ask("nvmlDeviceGetRemappedRows", raw::remapped_rows),
            page_retirement_pending: self
                .ask("nvmlDeviceGetRetiredPagesPendingStatus", Device::are_pages_pending_retired),
            recovery_action: self.ask("nvmlDeviceGetFieldValues", recovery_action),
            clocks: self.clocks(),
            throttle_reasons: self
                .ask("nvmlDeviceGetCurrentClocksThrottleReasons", raw::throttle_mask)
                .map(raw::throttle_reasons),
            power: self.power(),
            temperature_c: self.ask("nvmlDeviceGetTemperature", |device| {
                device.temperature(TemperatureSensor::Gpu)
            }),
            slowdown_temperature_c: self.ask("nvmlDeviceGetTemperatureThreshold", |device| {
                device.temperature_threshold(TemperatureThreshold::Slowdown)
            }),
            persistence: self.ask("nvmlDeviceGetPersistenceMode", Device::is_in_persistent_mode),
            compute_mode: self.ask("nvmlDeviceGetComputeMode", raw::compute_mode),
            performance_state: self.ask("nvmlDeviceGetPerformanceState", raw::performance_state),
            utilization_percent: self
                .ask("nvmlDeviceGetUtilizationRates", Device::utilization_rates)
                .map(|rates| rates.gpu),
            processes: self.processes(driver),
            pcie: self.pcie(),
            fabric: self.fabric(),
            nvlinks: self.ask("nvmlDeviceGetNvLinkState", nvlinks),
            vgpu_license: self.vgpu_license(),
            ..identity
        };
        self.ecc(&mut gpu);
        self.mig(&mut gpu);
        gpu
    }

    fn pci_address(&self) -> Reading<String> {
        let info = self.ask("nvmlDeviceGetPciInfo_v3", Device::pci_info);
        info.and_then(|info| match pci_address(&info.bus_id) {
            Some(address) => Found(address),
            None => Unknown(format!("NVML gives the PCI address `{}`", info.bus_id)),
        })
    }

    fn compute_capability(&self) -> Reading<ComputeCapability> {
        let call = "nvmlDeviceGetCudaComputeCapability";
        let capability = self.ask(call, Device::cuda_compute_capability);
        capability.and_then(|found| match (found.major.try_into(), found.minor.try_into()) {
            (Ok(major), Ok(minor)) => Found(ComputeCapability::new(major, minor)),
            _ => Unknown("NVML gives a negative number".to_owned()),
        })
    }

    fn ecc(&self, gpu: &mut NvmlGpu) {
        let mode = self.ask("nvmlDeviceGetEccMode", Device::is_ecc_enabled);
        gpu.ecc_enabled = mode.clone().map(|mode| mode.currently_enabled);
        gpu.ecc_pending = mode.map(|mode| mode.pending_enabled);
        let count = |error: MemoryError, counter: EccCounter| {
            self.ask("nvmlDeviceGetTotalEccErrors", |device| {
                device.total_ecc_errors(error, counter)
            })
        };
        gpu.ecc_errors = EccErrors {
            corrected_volatile: count(MemoryError::Corrected, EccCounter::Volatile),
            uncorrected_volatile: count(MemoryError::Uncorrected, EccCounter::Volatile),
            corrected_aggregate: count(MemoryError::Corrected, EccCounter::Aggregate),
            uncorrected_aggregate: count(MemoryError::Uncorrected, EccCounter::Aggregate),
        };
    }

    fn clocks(&self) -> Clocks {
        let now =
            |clock: Clock| self.ask("nvmlDeviceGetClockInfo", |device| device.clock_info(clock));
        let max = |clock: Clock| {
            self.ask("nvmlDeviceGetMaxClockInfo", |device| device.max_clock_info(clock))
        };
        Clocks {
            current: ClocksMhz { sm_mhz: now(Clock::SM), memory_mhz: now(Clock::Memory) },
            max: ClocksMhz { sm_mhz: max(Clock::SM), memory_mhz: max(Clock::Memory) },
        }
    }

    fn power(&self) -> Power {
        Power {
            usage_mw: self.ask("nvmlDeviceGetPowerUsage", Device::power_usage),
            limit_mw: self.ask("nvmlDeviceGetPowerManagementLimit", Device::power_management_limit),
            default_limit_mw: self.ask(
                "nvmlDeviceGetPowerManagementDefaultLimit",
                Device::power_management_limit_default,
            ),
        }
    }

    fn mig(&self, gpu: &mut NvmlGpu) {
        let mode = self.ask("nvmlDeviceGetMigMode", |device| {
            device.mig_mode().map(|mode| (mode.current == 1, mode.pending == 1))
        });
        gpu.mig_enabled = mode.clone().map(|(now, _)| now);
        gpu.mig_pending = mode.clone().map(|(_, pending)| pending);
        gpu.mig_devices = mode.and_then(|(now, _)| match now {
            true => self.ask("nvmlDeviceGetMigDeviceHandleByIndex", mig_devices),
            false => Found(0),
        });
    }

    fn processes(&self, driver: Option<DriverVersion>) -> Reading<Vec<crate::Process>> {
        if let Some(why) = processes::wrong_lists(driver) {
            return Unknown(why);
        }
        let both = self.ask("nvmlDeviceGetComputeRunningProcesses_v3", |device| {
            processes::merge(raw::compute_processes(device), raw::graphics_processes(device))
        });
        both.map(|both| {
            both.iter().map(|(info, graphics)| processes::process(info, *graphics)).collect()
        })
    }

    fn pcie(&self) -> PcieLink {
        PcieLink {
            current: PcieWidthGeneration {
                generation: self
                    .ask("nvmlDeviceGetCurrPcieLinkGeneration", Device::current_pcie_link_gen),
                width: self.ask("nvmlDeviceGetCurrPcieLinkWidth", Device::current_pcie_link_width),
            },
            gpu_max: PcieWidthGeneration {
                generation: self
                    .ask("nvmlDeviceGetGpuMaxPcieLinkGeneration", raw::gpu_max_pcie_generation),
                // NVML does not know it: the reader of the PCI bus does.
                width: Reading::default(),
            },
            system_max: PcieWidthGeneration {
                generation: self
                    .ask("nvmlDeviceGetMaxPcieLinkGeneration", Device::max_pcie_link_gen),
                width: self.ask("nvmlDeviceGetMaxPcieLinkWidth", Device::max_pcie_link_width),
            },
            replays: self.ask("nvmlDeviceGetPcieReplayCounter", Device::pcie_replay_counter),
        }
    }

    fn fabric(&self) -> Reading<crate::FabricState> {
        self.ask("nvmlDeviceGetGpuFabricInfo", raw::fabric).and_then(Reading::from)
    }

    fn vgpu_license(&self) -> Reading<String> {
        match self.ask("nvmlDeviceGetVirtualizationMode", raw::is_vgpu_guest) {
            Found(true) => {}
            Found(false) | Absent => return Absent,
            Unknown(why) => return Unknown(why),
        }
        let licensed = self.ask("nvmlDeviceGetGridLicensableFeatures_v4", raw::vgpu_licensed);
        licensed
            .and_then(Reading::from)
            .map(|licensed| if licensed { "licensed" } else { "unlicensed" }.to_owned())
    }
}

/// The names that NVIDIA writes; the older driver says `Tesla` where the newer says `NVIDIA`.
fn brand_name(brand: Brand) -> &'static str {
    match brand {
        Brand::Unknown => "unknown",
        Brand::Quadro => "Quadro",
        Brand::Tesla => "Tesla",
        Brand::NVS => "NVS",
        Brand::GRID => "GRID",
        Brand::GeForce => "GeForce",
        Brand::Titan => "Titan",
        Brand::VApps => "NVIDIA Virtual Applications",
        Brand::VPC => "NVIDIA Virtual PC",
        Brand::VCS => "NVIDIA Virtual Compute Server",
        Brand::VWS => "NVIDIA RTX Virtual Workstation",
        Brand::CloudGaming | Brand::VGaming => "NVIDIA Cloud Gaming",
        Brand::QuadroRTX => "Quadro RTX",
        Brand::NvidiaRTX => "NVIDIA RTX",
        Brand::Nvidia => "NVIDIA",
        Brand::GeForceRTX => "GeForce RTX",
        Brand::TitanRTX => "Titan RTX",
    }
}

fn recovery_action(device: &Device<'_>) -> Answer<u32> {
    let values = device.field_values_for(&[FieldId(NVML_FI_DEV_GET_GPU_RECOVERY_ACTION)])?;
    let sample = values.into_iter().next().ok_or(NvmlError::NoData)??;
    match sample.value.map_err(unknown_field)? {
        SampleValue::U32(action) => Ok(action),
        SampleValue::U64(action) => u32::try_from(action).map_err(|_| NvmlError::NoData),
        SampleValue::I64(action) => u32::try_from(action).map_err(|_| NvmlError::NoData),
        SampleValue::F64(_) => Err(NvmlError::NoData),
    }
}

/// A driver that does not know a field calls its number an invalid argument: it does not have it.
fn unknown_field(error: NvmlError) -> NvmlError {
    match error {
        NvmlError::InvalidArg => NvmlError::NotSupported,
        error => error,
    }
}

/// NVML counts the places for MIG devices; those that were made can be opened.
fn mig_devices(device: &Device<'_>) -> Answer<u32> {
    let mut made = 0;
    for place in 0..device.mig_device_count()? {
        match device.mig_device_by_index(place) {
            Ok(_) => made += 1,
            Err(NvmlError::NotFound | NvmlError::InvalidArg) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(made)
}

/// Links that are on, of links that there are.
fn nvlinks(device: &Device<'_>) -> Answer<(u32, u32)> {
    let (mut on, mut all) = (0, 0);
    for link in 0..NVML_NVLINK_MAX_LINKS {
        match device.link_wrapper_for(link).is_active() {
            Ok(active) => {
                all += 1;
                on += u32::from(active);
            }
            Err(NvmlError::NotSupported | NvmlError::InvalidArg) => {}
            Err(error) => return Err(error),
        }
    }
    if all == 0 { Err(NvmlError::NotSupported) } else { Ok((on, all)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_the_driver_does_not_know_is_absent() {
        let check = |error: NvmlError, absent: bool| {
            assert_eq!(reading::<u32>(Err(unknown_field(error))).is_absent(), absent);
        };
        check(NvmlError::InvalidArg, true);
        check(NvmlError::NotSupported, true);
        check(NvmlError::NoPermission, false);
        check(NvmlError::GpuLost, false);
    }
}
