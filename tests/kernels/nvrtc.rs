//! The compiler of CUDA C as a library, loaded while the test runs. It needs no driver.

#![expect(unsafe_code, reason = "calls of a C library")]

use libloading::Library;
use std::{
    ffi::{CString, c_char, c_int, c_void},
    path::Path,
    ptr,
};

type Program = *mut c_void;

/// An open NVRTC.
pub(super) struct Nvrtc(Library);

impl Nvrtc {
    /// Loads the library.
    pub(super) fn open(path: &Path) -> Self {
        // SAFETY: NVIDIA's library; its initialisers do nothing that concerns this process.
        Self(unsafe { Library::new(path) }.unwrap())
    }

    /// The PTX of `source` for `compute_{virtual_arch}`.
    pub(super) fn compile(&self, source: &str, name: &str, virtual_arch: &str) -> String {
        let source = CString::new(source).unwrap();
        let file = CString::new(format!("{name}.cu")).unwrap();
        let option = CString::new(format!("--gpu-architecture=compute_{virtual_arch}")).unwrap();
        let mut program: Program = ptr::null_mut();

        // SAFETY: the signatures are those of `nvrtc.h`; every pointer is valid during its call,
        // and the program is destroyed once, after its last use.
        unsafe {
            let create = self.0.get::<unsafe extern "C" fn(
                *mut Program,
                *const c_char,
                *const c_char,
                c_int,
                *const *const c_char,
                *const *const c_char,
            ) -> c_int>(b"nvrtcCreateProgram\0");
            let compile =
                self.0.get::<unsafe extern "C" fn(Program, c_int, *const *const c_char) -> c_int>(
                    b"nvrtcCompileProgram\0",
                );
            let destroy =
                self.0.get::<unsafe extern "C" fn(*mut Program) -> c_int>(b"nvrtcDestroyProgram\0");
            let created = create.unwrap()(
                &raw mut program,
                source.as_ptr(),
                file.as_ptr(),
                0,
                ptr::null(),
                ptr::null(),
            );
            assert_eq!(created, 0, "nvrtcCreateProgram");
            let options = [option.as_ptr()];
            let compiled = compile.unwrap()(program, 1, options.as_ptr());
            let log = self.text(program, b"nvrtcGetProgramLogSize\0", b"nvrtcGetProgramLog\0");
            assert_eq!(compiled, 0, "nvrtcCompileProgram of `{name}.cu`:\n{log}");
            let ptx = self.text(program, b"nvrtcGetPTXSize\0", b"nvrtcGetPTX\0");
            destroy.unwrap()(&raw mut program);
            ptx
        }
    }

    /// A text that the program holds, by the function for its size and the one for itself.
    ///
    /// # Safety
    /// `program` is a live program, and the names are those of such a pair.
    unsafe fn text(&self, program: Program, size_name: &[u8], text_name: &[u8]) -> String {
        let mut size = 0_usize;
        // SAFETY: the signatures are those of `nvrtc.h`, and the buffer has the size that the
        // library asked for.
        let bytes = unsafe {
            let size_of = self
                .0
                .get::<unsafe extern "C" fn(Program, *mut usize) -> c_int>(size_name)
                .unwrap();
            let text_of = self
                .0
                .get::<unsafe extern "C" fn(Program, *mut c_char) -> c_int>(text_name)
                .unwrap();
            assert_eq!(size_of(program, &raw mut size), 0);
            let mut bytes = vec![0_u8; size];
            assert_eq!(text_of(program, bytes.as_mut_ptr().cast()), 0);
            bytes
        };
        let text = String::from_utf8(bytes).unwrap();
        text.trim_end_matches('\0').to_owned()
    }
}
