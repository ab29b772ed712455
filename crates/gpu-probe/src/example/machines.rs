//! Further healthy machines: a WSL guest, a machine without a GPU, a server with eight.

use super::*;
use cuda_compat::{CudaVersion, DriverVersion};

/// A WSL 2 guest on a desktop with one RTX 4060, Windows driver 572.83 and no Docker.
pub(crate) fn rtx_4060_wsl() -> Facts {
    const NAME: &str = "NVIDIA GeForce RTX 4060";
    const ADDRESS: &str = "0000:01:00.0";
    const FOLDER: &str = "/usr/lib/wsl/lib";
    let driver: DriverVersion = "572.83".parse().unwrap();
    let newest: CudaVersion = "12.8".parse().unwrap();
    let mut facts = h200();
    let host = &mut facts.host;
    host.kernel_release = Found("5.15.167.4-microsoft-standard-WSL2".to_owned());
    host.machine.wsl = Found(2);
    host.machine.hypervisor = Found("hyperv".to_owned());
    host.user.groups = vec!["dev".to_owned()];
    host.secure_boot = Absent;
    facts.pci = Found(Vec::new());
    facts.kernel_module = without_module();
    facts.device_nodes = Found(Vec::new());
    let library = |name: &str| LibraryCopy {
        path: format!("{FOLDER}/{name}"),
        kind: LibraryKind::Wsl,
        version: Absent,
        elf: Found(true),
    };
    facts.driver_libraries = DriverLibraries {
        cuda: vec![library("libcuda.so.1")],
        nvml: vec![library("libnvidia-ml.so.1")],
        ptx_compiler: vec![library("libnvidia-ptxjitcompiler.so.1")],
    };
    if let Probed::Answered(nvml) = &mut facts.nvml {
        nvml.library = Found(format!("{FOLDER}/libnvidia-ml.so.1"));
        nvml.library_version = Found("12.570.124".to_owned());
        nvml.driver_version = Found(driver);
        nvml.cuda_version = Found(newest);
        let gpu = &mut nvml.gpus[0];
        gpu.name = Found(NAME.to_owned());
        gpu.pci_address = Found(ADDRESS.to_owned());
        gpu.compute_capability = Found(ComputeCapability::new(8, 9));
        gpu.brand = Found("GeForce".to_owned());
        gpu.serial = Absent;
        gpu.memory = Found(Memory { total_mib: 8188, used_mib: 900, free_mib: 7288 });
        gpu.ecc_enabled = Absent;
        gpu.ecc_pending = Absent;
        gpu.ecc_errors = EccErrors {
            corrected_volatile: Absent,
            uncorrected_volatile: Absent,
            corrected_aggregate: Absent,
            uncorrected_aggregate: Absent,
        };
        gpu.remapped_rows = Absent;
        gpu.mig_enabled = Absent;
        gpu.mig_pending = Absent;
        gpu.mig_devices = Absent;
        gpu.fabric = Absent;
        gpu.nvlinks = Absent;
        gpu.processes = Absent;
        gpu.power =
            Power { usage_mw: Found(12_000), limit_mw: Absent, default_limit_mw: Found(115_000) };
        let link =
            |generation| PcieWidthGeneration { generation: Found(generation), width: Found(8) };
        gpu.pcie =
            PcieLink { current: link(1), gpu_max: link(4), system_max: link(4), replays: Absent };
    }
    if let Probed::Answered(cuda) = &mut facts.cuda {
        cuda.library = Found(MappedLibrary {
            path: "/usr/lib/wsl/drivers/nv_dispi.inf_amd64_0/libcuda.so.1.1".to_owned(),
            also_mapped: vec![format!("{FOLDER}/libcuda.so.1")],
        });
        cuda.version = Found(newest);
        let device = &mut cuda.devices[0];
        device.name = Found(NAME.to_owned());
        device.pci_address = Found(ADDRESS.to_owned());
        device.compute_capability = Found(ComputeCapability::new(8, 9));
        device.memory_mib = Found(8187);
        device.multiprocessors = Found(24);
        device.clock_mhz = Found(2460);
        device.memory_clock_mhz = Found(8501);
        device.memory_bus_bits = Found(128);
    }
    facts.containers = Containers {
        docker: Absent,
        docker_refused: Absent,
        docker_is_snap: Found(false),
        daemon_json_runtimes: Absent,
        nvidia_ctk: Absent,
        nvidia_container_runtime: Absent,
        ..facts.containers
    };
    if let Some(Probed::Answered(smoke)) = &mut facts.smoke {
        smoke.gpus[0].name = Found(NAME.to_owned());
        smoke.gpus[0].pci_address = Found(ADDRESS.to_owned());
    }
    facts
}

/// A virtual machine without a GPU and without a driver.
pub(crate) fn no_gpu() -> Facts {
    let mut facts = h200();
    facts.host.machine.hypervisor = Found("kvm".to_owned());
    facts.pci = Found(Vec::new());
    facts.kernel_module = without_module();
    facts.device_nodes = Found(Vec::new());
    facts.driver_libraries = DriverLibraries::default();
    facts.nvml = Probed::Answered(Nvml { library: Absent, init: Absent, ..Nvml::default() });
    facts.cuda = Probed::Answered(Cuda { library: Absent, init: Absent, ..Cuda::default() });
    facts.containers =
        Containers { nvidia_ctk: Absent, nvidia_container_runtime: Absent, ..containers() };
    if let Found(docker) = &mut facts.containers.docker {
        docker.runtimes = vec!["runc".to_owned()];
    }
    facts.containers.daemon_json_runtimes = Absent;
    facts.toolkits = Vec::new();
    facts.smoke = None;
    facts
}

/// A server with eight H100 on NVSwitch.
pub(crate) fn eight_h100() -> Facts {
    const NAME: &str = "NVIDIA H100 80GB HBM3";
    let address = |number: u32| format!("0000:{:02x}:00.0", 0x18 + 8 * number);
    let mut facts = h200();
    let server = facts.clone();
    let pci = &server.pci.found().unwrap()[0];
    facts.pci = Found(
        (0..8).map(|n| PciGpu { address: address(n), device_id: 0x2330, ..pci.clone() }).collect(),
    );
    let nodes = (0..8).map(|n| opened_node(&format!("/dev/nvidia{n}")));
    let more = ["/dev/nvidia-uvm", "/dev/nvidiactl"].map(opened_node);
    facts.device_nodes = Found(more.into_iter().chain(nodes).collect());
    if let Probed::Answered(nvml) = &mut facts.nvml {
        nvml.count = Found(8);
        nvml.gpus = (0..8)
            .map(|n| NvmlGpu {
                index: n,
                name: Found(NAME.to_owned()),
                uuid: Found(format!("GPU-{n:08x}-0000-0000-0000-000000000000")),
                pci_address: Found(address(n)),
                memory: Found(Memory { total_mib: 81_559, used_mib: 0, free_mib: 81_559 }),
                ..nvml_gpu()
            })
            .collect();
    }
    if let Probed::Answered(cuda) = &mut facts.cuda {
        let device = cuda.devices[0].clone();
        cuda.devices = (0..8)
            .map(|n| CudaDevice {
                ordinal: n,
                name: Found(NAME.to_owned()),
                uuid: Found(format!("GPU-{n:08x}-0000-0000-0000-000000000000")),
                pci_address: Found(address(n)),
                memory_mib: Found(81_079),
                memory_clock_mhz: Found(2619),
                memory_bus_bits: Found(5120),
                ..device.clone()
            })
            .collect();
    }
    if let Some(Probed::Answered(smoke)) = &mut facts.smoke {
        let gpu = smoke.gpus[0].clone();
        smoke.gpus = (0..8)
            .map(|n| SmokeGpu {
                ordinal: n,
                name: Found(NAME.to_owned()),
                pci_address: Found(address(n)),
                ..gpu.clone()
            })
            .collect();
    }
    facts
}

/// A kernel that has no NVIDIA module and never had one.
fn without_module() -> KernelModule {
    KernelModule {
        loaded: Absent,
        uvm_loaded: Found(false),
        nouveau_loaded: Found(false),
        on_disk: Found(Vec::new()),
        dkms: Absent,
        kernel_headers: Found(true),
        forbidden_by: Found(Vec::new()),
        parameters: ModuleParameters {
            profiling_admin_only: Absent,
            uvm_disable_hmm: Absent,
            preserve_video_memory: Absent,
        },
    }
}
