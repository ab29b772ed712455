//! Asks NVML. Runs in a child process: every call below may hang or crash.
//!
//! The version is asked for before the start-up, since it answers also where that fails. NVML is
//! not shut down and the library not unloaded: the process ends soon, and both can block or crash
//! where the driver is broken.

#![expect(unsafe_code, reason = "asks for two symbols of the library before nvml-wrapper does")]

mod answer;
mod gpu;
mod processes;
mod raw;

pub(crate) use answer::reading as nvml_reading;
pub(crate) use raw::{throttle_mask, throttle_reasons};

use crate::{
    CallCode, Nvml, NvmlGpu,
    Reading::{self, Absent, Found, Unknown},
    driver::{LoadError, mapped_path, open_library},
    isolate::{Lane, Reporter},
};
use answer::{code_of, reading};
use nvml_wrapper::error::NvmlError;
use std::{
    ffi::{CStr, OsStr, c_char, c_uint, c_void},
    mem::ManuallyDrop,
    sync::{Mutex, PoisonError},
};

/// Everything that NVML says of this machine.
pub(crate) fn nvml(reporter: &Reporter<'_>) -> Nvml {
    let lane = reporter.lane(0);
    lane.stage("load of libnvidia-ml.so.1");
    let library = match open_library("libnvidia-ml.so.1") {
        Ok(library) => library,
        Err(error) => return not_loaded(error),
    };
    let path = library.path.clone();
    // Kept open: `nvml-wrapper` opens it a second time, and closes that where the start-up fails.
    let library = ManuallyDrop::new(library.library);
    let mut facts = Nvml { library: Found(mapped(&library, &path)), ..Nvml::default() };

    lane.stage("nvmlSystemGetNVMLVersion");
    facts.library_version = library_version(&library);

    lane.stage("nvmlInit_v2");
    let nvml = match nvml_wrapper::Nvml::builder().lib_path(OsStr::new(&path)).init() {
        // Its drop panics where the library has no `nvmlShutdown`.
        Ok(nvml) => ManuallyDrop::new(nvml),
        Err(error) => {
            facts.init = match code_of(error) {
                Ok(code) => Found(code),
                Err(words) => Unknown(words),
            };
            let none = || "`nvmlInit_v2` failed".to_owned();
            facts.driver_version = Unknown(none());
            facts.cuda_version = Unknown(none());
            facts.count = Unknown(none());
            return facts;
        }
    };
    facts.init = Found(CallCode::SUCCESS);
    started(&nvml, &mut facts, reporter, lane);
    facts
}

/// What NVML says where there is no such library.
pub(crate) fn without_nvml() -> Nvml {
    not_loaded(LoadError::Absent(String::new()))
}

fn not_loaded(error: LoadError) -> Nvml {
    let (library, rest) = match error {
        LoadError::Absent(_) => (Absent, "there is no `libnvidia-ml.so.1`"),
        LoadError::Refused(words) => (Unknown(words), "`libnvidia-ml.so.1` could not be loaded"),
    };
    Nvml {
        library,
        library_version: Unknown(rest.to_owned()),
        init: Absent,
        driver_version: Unknown(rest.to_owned()),
        cuda_version: Unknown(rest.to_owned()),
        count: Unknown(rest.to_owned()),
        gpus: Vec::new(),
    }
}

/// The file that was mapped, links followed; the name it was opened by where that is not seen.
fn mapped(library: &libloading::Library, opened: &str) -> String {
    // SAFETY: the symbol is only looked at, not called.
    let address = unsafe { library.get::<*const c_void>("nvmlInit_v2") };
    let address = address.map(|symbol| (*symbol).addr());
    let maps = std::fs::read_to_string("/proc/self/maps");
    let path = maps.ok().zip(address.ok()).and_then(|(maps, at)| mapped_path(&maps, at));
    path.unwrap_or_else(|| opened.to_owned())
}

fn library_version(library: &libloading::Library) -> Reading<String> {
    type Function = unsafe extern "C" fn(*mut c_char, c_uint) -> u32;
    let mut buffer = [0_u8; 128];
    // SAFETY: the type is that of `nvml.h`, and the buffer is as long as is said.
    let code = unsafe {
        match library.get::<Function>("nvmlSystemGetNVMLVersion") {
            Ok(function) => function(buffer.as_mut_ptr().cast(), 127),
            Err(_) => return answer::missing(),
        }
    };
    if code != 0 {
        return answer::failed(CallCode(code));
    }
    match CStr::from_bytes_until_nul(&buffer) {
        Ok(text) => Found(text.to_string_lossy().into_owned()),
        Err(_) => Unknown("the version has no end".to_owned()),
    }
}

fn started(
    nvml: &nvml_wrapper::Nvml,
    facts: &mut Nvml,
    reporter: &Reporter<'_>,
    lane: Lane<'_, '_>,
) {
    lane.stage("nvmlSystemGetDriverVersion");
    facts.driver_version = version(reading(nvml.sys_driver_version()));
    lane.stage("nvmlSystemGetCudaDriverVersion_v2");
    facts.cuda_version = match nvml.sys_cuda_driver_version() {
        Ok(number) => cuda_compat::CudaVersion::from_driver_integer(number)
            .map_or_else(|| Unknown(format!("NVML gives {number}, which is no version")), Found),
        Err(error) => reading(Err(error)),
    };
    lane.stage("nvmlDeviceGetCount_v2");
    facts.count = reading(nvml.device_count());
    drop(lane);

    let count = facts.count.found().copied().unwrap_or(0);
    let driver = facts.driver_version.found().copied();
    facts.gpus = (0..count).map(gpu::unanswered).collect();
    // What is known is said as it comes, so that a GPU that hangs hides no other.
    let facts = Mutex::new(facts);
    let put = |gpu: NvmlGpu| {
        let mut facts = facts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = facts.gpus.iter_mut().find(|known| known.index == gpu.index) {
            *known = gpu;
        }
        reporter.partial(&**facts);
    };
    std::thread::scope(|scope| {
        let put = &put;
        let start = |index: u32| {
            let ask = move || put(gpu::gpu(nvml, index, driver, &reporter.lane(index + 1), put));
            (index, std::thread::Builder::new().spawn_scoped(scope, ask))
        };
        let threads: Vec<_> = (0..count).map(start).collect();
        for (index, thread) in threads {
            let why = match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(())) => continue,
                Ok(Err(_)) => "the thread that asked failed".to_owned(),
                Err(error) => format!("no thread to ask with: {error}"),
            };
            put(NvmlGpu { index, handle: Unknown(why), ..NvmlGpu::default() });
        }
    });
}

fn version(text: Reading<String>) -> Reading<cuda_compat::DriverVersion> {
    text.and_then(|text| match text.parse() {
        Ok(version) => Found(version),
        Err(_) => Unknown(format!("NVML gives `{text}`, which is no version")),
    })
}

/// What a call of NVML came to, as everything in this folder hands it on.
type Answer<T> = Result<T, NvmlError>;
