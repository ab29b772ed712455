//! Kernels that really ran, and what they measured.

use super::{CallCode, Reading, ThrottleReason, XidEvent};
use serde::{Deserialize, Serialize};

/// How much was run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// One checked kernel a GPU.
    Quick,
    /// Kernel, memory, bandwidth and arithmetic rate: about 30 seconds.
    Deep,
    /// The deep run, again and again, for this many minutes.
    Burn(f64),
}

/// The smoke test of all GPUs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Smoke {
    /// How much was asked for.
    pub depth: Depth,
    /// How long it took, in seconds.
    #[serde(with = "super::float")]
    pub seconds: f64,
    /// Whether it was ended early (Ctrl-C) and the rest is partial.
    pub interrupted: bool,
    /// One entry a GPU that CUDA shows.
    pub gpus: Vec<SmokeGpu>,
}

/// The smoke test of one GPU.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SmokeGpu {
    /// CUDA's number for it.
    pub ordinal: u32,
    /// Its name.
    pub name: Reading<String>,
    /// The PCI address, in the form of [`super::PciGpu::address`].
    pub pci_address: Reading<String>,
    /// The kernel from the cubin that was built for this GPU. `Absent` where none is built in.
    pub cubin: Reading<KernelRun>,
    /// The same kernel from PTX, compiled by the driver; also a later kernel of the deep test that
    /// failed (the log then names the step).
    pub ptx: Reading<KernelRun>,
    /// Copy inside the GPU's memory.
    pub device_memory: Reading<BandwidthRun>,
    /// From pinned memory of the host to the GPU.
    pub host_to_device: Reading<BandwidthRun>,
    /// From the GPU to pinned memory of the host.
    pub device_to_host: Reading<BandwidthRun>,
    /// Single precision.
    pub fp32: Reading<RateRun>,
    /// Tensor cores, half precision in and single precision out. `Absent` where there are none.
    pub tensor: Reading<RateRun>,
    /// Patterns written to and read back from memory.
    pub memory: Reading<MemoryTest>,
    /// What was seen meanwhile.
    pub watch: SmokeWatch,
    /// How often the rounds of a burn were completed.
    pub rounds: u32,
}

/// One run of a kernel whose every result was compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelRun {
    /// Every element was right.
    Correct {
        /// How many were compared.
        elements: u64,
        /// Launch until done, in milliseconds.
        #[serde(with = "super::float")]
        milliseconds: f64,
    },
    /// Elements were wrong.
    Wrong {
        /// How many were compared.
        elements: u64,
        /// How many were wrong.
        wrong: u64,
        /// The first wrong one.
        first: u64,
        /// What it should be, as text (a NaN is shown as `NaN`).
        expected: String,
        /// What it was.
        got: String,
    },
    /// A driver call failed.
    Failed {
        /// The call, such as `cuModuleLoadData`.
        call: String,
        /// What it returned.
        code: CallCode,
        /// What the driver's compiler wrote, where it wrote something.
        log: String,
    },
}

/// A measured bandwidth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BandwidthRun {
    /// The median of the samples, in GB/s (10⁹ bytes; a copy inside the GPU counts reading and
    /// writing). Zero where the GPU's clock gave no usable time, such as NaN.
    #[serde(with = "super::float")]
    pub gb_per_s: f64,
    /// The peak that the device's own figures give, in GB/s, where they give one; for copies from
    /// and to the host that of the PCIe link as it was under load.
    pub peak_gb_per_s: Option<f64>,
    /// Whether the bytes that arrived were compared and equal.
    pub verified: bool,
}

/// A measured arithmetic rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RateRun {
    /// The median of the samples, in TFLOPS (10¹² operations a second; a multiply-add is two). Zero
    /// where the GPU's clock gave no usable time, such as NaN.
    #[serde(with = "super::float")]
    pub tflops: f64,
    /// The peak that the device's own figures give, in TFLOPS, where they give one.
    pub peak_tflops: Option<f64>,
    /// Whether the results were compared and right.
    pub verified: bool,
}

/// A memory test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoryTest {
    /// How much memory was tested, in MiB.
    pub tested_mib: u64,
    /// The patterns, by name.
    pub patterns: Vec<String>,
    /// How many words were wrong.
    pub errors: u64,
    /// The offset of the first wrong word, in bytes.
    pub first_error: Option<u64>,
}

/// What was seen while the GPU worked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SmokeWatch {
    /// How often NVML was asked.
    pub samples: u32,
    /// Why the clocks were held down, and in how many samples.
    pub throttled: Vec<(ThrottleReason, u32)>,
    /// The hottest, in degrees Celsius.
    pub max_temperature_c: Reading<u32>,
    /// The PCIe generation and width while data moved.
    pub pcie_generation: Reading<u32>,
    /// Lanes while data moved.
    pub pcie_width: Reading<u32>,
    /// New Xid lines in the kernel log.
    pub xids: Reading<Vec<XidEvent>>,
}
