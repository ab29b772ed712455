//! The names of the codes that NVML and the CUDA driver return.
//!
//! The numbers are kept as they came ([`crate::CallCode`]); a name is for showing only, so a code
//! that is not in the tables is a fact like any other.

use crate::CallCode;

/// The name of a code of the CUDA driver, such as `CUDA_ERROR_NO_DEVICE`; `None` for a number that
/// is not in the table.
pub fn cuda_code_name(code: CallCode) -> Option<&'static str> {
    name_of(CUDA, code)
}

/// The name of a code of NVML, such as `NVML_ERROR_DRIVER_NOT_LOADED`; `None` for a number that is
/// not in the table.
pub fn nvml_code_name(code: CallCode) -> Option<&'static str> {
    name_of(NVML, code)
}

fn name_of(table: &[(u32, &'static str)], code: CallCode) -> Option<&'static str> {
    let row = table.binary_search_by_key(&code.0, |(number, _)| *number).ok()?;
    Some(table[row].1)
}

/// `CUresult` of `cuda.h`, CUDA 11.4 to 13.4 together (no number changed its name), as bound by
/// `cudarc` 0.19.10; sorted by number. Renew it from the newest binding that `cudarc` has.
const CUDA: &[(u32, &str)] = &[
    (0, "CUDA_SUCCESS"),
    (1, "CUDA_ERROR_INVALID_VALUE"),
    (2, "CUDA_ERROR_OUT_OF_MEMORY"),
    (3, "CUDA_ERROR_NOT_INITIALIZED"),
    (4, "CUDA_ERROR_DEINITIALIZED"),
    (5, "CUDA_ERROR_PROFILER_DISABLED"),
    (6, "CUDA_ERROR_PROFILER_NOT_INITIALIZED"),
    (7, "CUDA_ERROR_PROFILER_ALREADY_STARTED"),
    (8, "CUDA_ERROR_PROFILER_ALREADY_STOPPED"),
    (34, "CUDA_ERROR_STUB_LIBRARY"),
    (36, "CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER"),
    (46, "CUDA_ERROR_DEVICE_UNAVAILABLE"),
    (47, "CUDA_ERROR_MULTICAST_RESOURCE_FULL"),
    (100, "CUDA_ERROR_NO_DEVICE"),
    (101, "CUDA_ERROR_INVALID_DEVICE"),
    (102, "CUDA_ERROR_DEVICE_NOT_LICENSED"),
    (200, "CUDA_ERROR_INVALID_IMAGE"),
    (201, "CUDA_ERROR_INVALID_CONTEXT"),
    (202, "CUDA_ERROR_CONTEXT_ALREADY_CURRENT"),
    (205, "CUDA_ERROR_MAP_FAILED"),
    (206, "CUDA_ERROR_UNMAP_FAILED"),
    (207, "CUDA_ERROR_ARRAY_IS_MAPPED"),
    (208, "CUDA_ERROR_ALREADY_MAPPED"),
    (209, "CUDA_ERROR_NO_BINARY_FOR_GPU"),
    (210, "CUDA_ERROR_ALREADY_ACQUIRED"),
    (211, "CUDA_ERROR_NOT_MAPPED"),
    (212, "CUDA_ERROR_NOT_MAPPED_AS_ARRAY"),
    (213, "CUDA_ERROR_NOT_MAPPED_AS_POINTER"),
    (214, "CUDA_ERROR_ECC_UNCORRECTABLE"),
    (215, "CUDA_ERROR_UNSUPPORTED_LIMIT"),
    (216, "CUDA_ERROR_CONTEXT_ALREADY_IN_USE"),
    (217, "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED"),
    (218, "CUDA_ERROR_INVALID_PTX"),
    (219, "CUDA_ERROR_INVALID_GRAPHICS_CONTEXT"),
    (220, "CUDA_ERROR_NVLINK_UNCORRECTABLE"),
    (221, "CUDA_ERROR_JIT_COMPILER_NOT_FOUND"),
    (222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"),
    (223, "CUDA_ERROR_JIT_COMPILATION_DISABLED"),
    (224, "CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY"),
    (225, "CUDA_ERROR_UNSUPPORTED_DEVSIDE_SYNC"),
    (226, "CUDA_ERROR_CONTAINED"),
    (227, "CUDA_ERROR_INSUFFICIENT_LOADER_VERSION"),
    (300, "CUDA_ERROR_INVALID_SOURCE"),
    (301, "CUDA_ERROR_FILE_NOT_FOUND"),
    (302, "CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND"),
    (303, "CUDA_ERROR_SHARED_OBJECT_INIT_FAILED"),
    (304, "CUDA_ERROR_OPERATING_SYSTEM"),
    (400, "CUDA_ERROR_INVALID_HANDLE"),
    (401, "CUDA_ERROR_ILLEGAL_STATE"),
    (402, "CUDA_ERROR_LOSSY_QUERY"),
    (500, "CUDA_ERROR_NOT_FOUND"),
    (600, "CUDA_ERROR_NOT_READY"),
    (700, "CUDA_ERROR_ILLEGAL_ADDRESS"),
    (701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"),
    (702, "CUDA_ERROR_LAUNCH_TIMEOUT"),
    (703, "CUDA_ERROR_LAUNCH_INCOMPATIBLE_TEXTURING"),
    (704, "CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED"),
    (705, "CUDA_ERROR_PEER_ACCESS_NOT_ENABLED"),
    (708, "CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE"),
    (709, "CUDA_ERROR_CONTEXT_IS_DESTROYED"),
    (710, "CUDA_ERROR_ASSERT"),
    (711, "CUDA_ERROR_TOO_MANY_PEERS"),
    (712, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED"),
    (713, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED"),
    (714, "CUDA_ERROR_HARDWARE_STACK_ERROR"),
    (715, "CUDA_ERROR_ILLEGAL_INSTRUCTION"),
    (716, "CUDA_ERROR_MISALIGNED_ADDRESS"),
    (717, "CUDA_ERROR_INVALID_ADDRESS_SPACE"),
    (718, "CUDA_ERROR_INVALID_PC"),
    (719, "CUDA_ERROR_LAUNCH_FAILED"),
    (720, "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE"),
    (721, "CUDA_ERROR_TENSOR_MEMORY_LEAK"),
    (800, "CUDA_ERROR_NOT_PERMITTED"),
    (801, "CUDA_ERROR_NOT_SUPPORTED"),
    (802, "CUDA_ERROR_SYSTEM_NOT_READY"),
    (803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"),
    (804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"),
    (805, "CUDA_ERROR_MPS_CONNECTION_FAILED"),
    (806, "CUDA_ERROR_MPS_RPC_FAILURE"),
    (807, "CUDA_ERROR_MPS_SERVER_NOT_READY"),
    (808, "CUDA_ERROR_MPS_MAX_CLIENTS_REACHED"),
    (809, "CUDA_ERROR_MPS_MAX_CONNECTIONS_REACHED"),
    (810, "CUDA_ERROR_MPS_CLIENT_TERMINATED"),
    (811, "CUDA_ERROR_CDP_NOT_SUPPORTED"),
    (812, "CUDA_ERROR_CDP_VERSION_MISMATCH"),
    (900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"),
    (901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"),
    (902, "CUDA_ERROR_STREAM_CAPTURE_MERGE"),
    (903, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED"),
    (904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED"),
    (905, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION"),
    (906, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT"),
    (907, "CUDA_ERROR_CAPTURED_EVENT"),
    (908, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD"),
    (909, "CUDA_ERROR_TIMEOUT"),
    (910, "CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE"),
    (911, "CUDA_ERROR_EXTERNAL_DEVICE"),
    (912, "CUDA_ERROR_INVALID_CLUSTER_SIZE"),
    (913, "CUDA_ERROR_FUNCTION_NOT_LOADED"),
    (914, "CUDA_ERROR_INVALID_RESOURCE_TYPE"),
    (915, "CUDA_ERROR_INVALID_RESOURCE_CONFIGURATION"),
    (916, "CUDA_ERROR_KEY_ROTATION"),
    (917, "CUDA_ERROR_STREAM_DETACHED"),
    (918, "CUDA_ERROR_GRAPH_RECAPTURE_FAILURE"),
    (919, "CUDA_ERROR_FABRIC_NOT_READY"),
    (999, "CUDA_ERROR_UNKNOWN"),
];

/// `nvmlReturn_t` of `nvml.h`, CUDA 13, as bound by `nvml-wrapper-sys` 0.10.0; sorted by number.
const NVML: &[(u32, &str)] = &[
    (0, "NVML_SUCCESS"),
    (1, "NVML_ERROR_UNINITIALIZED"),
    (2, "NVML_ERROR_INVALID_ARGUMENT"),
    (3, "NVML_ERROR_NOT_SUPPORTED"),
    (4, "NVML_ERROR_NO_PERMISSION"),
    (5, "NVML_ERROR_ALREADY_INITIALIZED"),
    (6, "NVML_ERROR_NOT_FOUND"),
    (7, "NVML_ERROR_INSUFFICIENT_SIZE"),
    (8, "NVML_ERROR_INSUFFICIENT_POWER"),
    (9, "NVML_ERROR_DRIVER_NOT_LOADED"),
    (10, "NVML_ERROR_TIMEOUT"),
    (11, "NVML_ERROR_IRQ_ISSUE"),
    (12, "NVML_ERROR_LIBRARY_NOT_FOUND"),
    (13, "NVML_ERROR_FUNCTION_NOT_FOUND"),
    (14, "NVML_ERROR_CORRUPTED_INFOROM"),
    (15, "NVML_ERROR_GPU_IS_LOST"),
    (16, "NVML_ERROR_RESET_REQUIRED"),
    (17, "NVML_ERROR_OPERATING_SYSTEM"),
    (18, "NVML_ERROR_LIB_RM_VERSION_MISMATCH"),
    (19, "NVML_ERROR_IN_USE"),
    (20, "NVML_ERROR_MEMORY"),
    (21, "NVML_ERROR_NO_DATA"),
    (22, "NVML_ERROR_VGPU_ECC_NOT_SUPPORTED"),
    (23, "NVML_ERROR_INSUFFICIENT_RESOURCES"),
    (24, "NVML_ERROR_FREQ_NOT_SUPPORTED"),
    (25, "NVML_ERROR_ARGUMENT_VERSION_MISMATCH"),
    (26, "NVML_ERROR_DEPRECATED"),
    (27, "NVML_ERROR_NOT_READY"),
    (28, "NVML_ERROR_GPU_NOT_FOUND"),
    (29, "NVML_ERROR_INVALID_STATE"),
    (30, "NVML_ERROR_RESET_TYPE_NOT_SUPPORTED"),
    (999, "NVML_ERROR_UNKNOWN"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use cudarc::driver::sys::CUresult;
    use nvml_wrapper_sys::bindings as nvml;

    #[test]
    fn tables_are_sorted_and_names_unique() {
        for table in [CUDA, NVML] {
            assert!(table.is_sorted_by(|one, next| one.0 < next.0));
            let mut names: Vec<_> = table.iter().map(|(_, name)| name).collect();
            names.sort_unstable();
            assert!(names.is_sorted_by(|one, next| one < next), "a name stands twice");
        }
        assert!(CUDA.iter().all(|(_, name)| name.starts_with("CUDA_")));
        assert!(NVML.iter().all(|(_, name)| name.starts_with("NVML_")));
    }

    #[test]
    fn names_the_codes_that_people_meet() {
        let check = |code: u32, expected: Option<&str>| {
            assert_eq!(cuda_code_name(CallCode(code)), expected, "{code}");
        };
        check(0, Some("CUDA_SUCCESS"));
        check(2, Some("CUDA_ERROR_OUT_OF_MEMORY"));
        check(3, Some("CUDA_ERROR_NOT_INITIALIZED"));
        check(34, Some("CUDA_ERROR_STUB_LIBRARY"));
        check(36, Some("CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER"));
        check(46, Some("CUDA_ERROR_DEVICE_UNAVAILABLE"));
        check(100, Some("CUDA_ERROR_NO_DEVICE"));
        check(101, Some("CUDA_ERROR_INVALID_DEVICE"));
        check(209, Some("CUDA_ERROR_NO_BINARY_FOR_GPU"));
        check(218, Some("CUDA_ERROR_INVALID_PTX"));
        check(222, Some("CUDA_ERROR_UNSUPPORTED_PTX_VERSION"));
        check(700, Some("CUDA_ERROR_ILLEGAL_ADDRESS"));
        check(719, Some("CUDA_ERROR_LAUNCH_FAILED"));
        check(802, Some("CUDA_ERROR_SYSTEM_NOT_READY"));
        check(803, Some("CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"));
        check(804, Some("CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"));
        check(999, Some("CUDA_ERROR_UNKNOWN"));
        check(998, None);
        check(u32::MAX, None);
    }

    #[test]
    fn names_the_codes_of_nvml() {
        let check = |code: u32, expected: Option<&str>| {
            assert_eq!(nvml_code_name(CallCode(code)), expected, "{code}");
        };
        check(0, Some("NVML_SUCCESS"));
        check(3, Some("NVML_ERROR_NOT_SUPPORTED"));
        check(9, Some("NVML_ERROR_DRIVER_NOT_LOADED"));
        check(12, Some("NVML_ERROR_LIBRARY_NOT_FOUND"));
        check(15, Some("NVML_ERROR_GPU_IS_LOST"));
        check(16, Some("NVML_ERROR_RESET_REQUIRED"));
        check(18, Some("NVML_ERROR_LIB_RM_VERSION_MISMATCH"));
        check(999, Some("NVML_ERROR_UNKNOWN"));
        check(998, None);
    }

    #[test]
    fn agrees_with_the_bindings_that_the_crate_is_built_with() {
        let check = |code: CUresult| {
            let name = format!("{code:?}");
            assert_eq!(cuda_code_name(CallCode(code as u32)), Some(name.as_str()));
        };
        check(CUresult::CUDA_SUCCESS);
        check(CUresult::CUDA_ERROR_STUB_LIBRARY);
        check(CUresult::CUDA_ERROR_NO_DEVICE);
        check(CUresult::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH);
        check(CUresult::CUDA_ERROR_ILLEGAL_ADDRESS);
        check(CUresult::CUDA_ERROR_UNKNOWN);
        let lost = nvml::nvmlReturn_enum_NVML_ERROR_GPU_IS_LOST;
        assert_eq!(nvml_code_name(CallCode(lost)), Some("NVML_ERROR_GPU_IS_LOST"));
    }
}
