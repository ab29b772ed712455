//! What NVML's answers mean as facts.

use crate::{
    CallCode,
    Reading::{self, Absent, Found, Unknown},
    nvml_code_name,
};
use nvml_wrapper::error::NvmlError;

/// `NVML_ERROR_NOT_SUPPORTED`: the device does not have this.
const NOT_SUPPORTED: CallCode = CallCode(3);
/// `NVML_ERROR_FUNCTION_NOT_FOUND`: the library does not have this call.
const FUNCTION_NOT_FOUND: CallCode = CallCode(13);

/// A value, or absent where the device does not have it, or unknown with the name of the code.
pub(crate) fn reading<T>(result: Result<T, NvmlError>) -> Reading<T> {
    match result.map_err(code_of) {
        Ok(value) => Found(value),
        Err(Ok(code)) => failed(code),
        Err(Err(words)) => Unknown(words),
    }
}

/// What a code other than zero means for a value.
pub(super) fn failed<T>(code: CallCode) -> Reading<T> {
    if code == NOT_SUPPORTED { Absent } else { Unknown(name(code)) }
}

/// The library is older than the call.
pub(super) fn missing<T>() -> Reading<T> {
    Unknown(name(FUNCTION_NOT_FOUND))
}

/// The code that NVML returned, as it came; words where the failure was not NVML's.
pub(super) fn code_of(error: NvmlError) -> Result<CallCode, String> {
    match error {
        NvmlError::FailedToLoadSymbol(_) => Ok(FUNCTION_NOT_FOUND),
        NvmlError::Utf8Error(_)
        | NvmlError::NulError(_)
        | NvmlError::LibloadingError(_)
        | NvmlError::StringTooLong { .. }
        | NvmlError::IncorrectBits(_)
        | NvmlError::SetReleaseFailed
        | NvmlError::GetPciInfoFailed
        | NvmlError::PciInfoToCFailed => Err(error.to_string()),
        code => Ok(CallCode(code.into())),
    }
}

fn name(code: CallCode) -> String {
    nvml_code_name(code).map_or_else(|| format!("NVML error {code}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_codes() {
        let check = |error: NvmlError, expected: Result<u32, &str>| {
            let got = code_of(error).map(|code| code.0);
            assert_eq!(got, expected.map_err(str::to_owned));
        };
        check(NvmlError::LibRmVersionMismatch, Ok(18));
        check(NvmlError::DriverNotLoaded, Ok(9));
        check(NvmlError::GpuLost, Ok(15));
        check(NvmlError::UnexpectedVariant(28), Ok(28));
        check(NvmlError::UnexpectedVariant(4711), Ok(4711));
        check(NvmlError::FailedToLoadSymbol("x".to_owned()), Ok(13));
        check(NvmlError::SetReleaseFailed, Err("a call to `EventSet.release_events()` failed"));
    }

    #[test]
    fn only_not_supported_is_absent() {
        assert_eq!(reading(Ok(1)), Found(1));
        assert_eq!(reading::<()>(Err(NvmlError::NotSupported)), Absent);
        let unknown = reading::<()>(Err(NvmlError::UnexpectedVariant(4711)));
        assert_eq!(unknown.unknown(), Some("NVML error 4711"));
        assert!(reading::<()>(Err(NvmlError::NotFound)).unknown().is_some());
    }
}
