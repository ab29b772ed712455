#!/usr/bin/env python3
# Written by cargo altlas image render; change the config and render again.
"""Says whether this image can work on this machine.

It looks whether the versions inside are those that the image was made for (ALTLAS_EXPECT), whether
the driver is there, and lets every GPU compute something that the CPU computes as well.

Exit: 0 all is well; 1 something is wrong; 3 no GPU is seen.
"""

import argparse
import ctypes
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import sys

OK, WRONG, NO_GPU = 0, 1, 3
LIBRARIES = ("torch", "cupy", "jax", "tensorflow", "numba")

# c[i] = a[i] * 3 + i, for whoever has no framework. Every driver since CUDA 8 compiles it.
PTX = b"""
.version 4.3
.target sm_30
.address_size 64
.visible .entry altlas(.param .u64 data, .param .u32 count) {
    .reg .pred %p; .reg .b32 %r<6>; .reg .b64 %d<4>;
    ld.param.u64 %d1, [data]; ld.param.u32 %r1, [count];
    mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x; mov.u32 %r4, %tid.x;
    mad.lo.s32 %r2, %r2, %r3, %r4;
    setp.ge.u32 %p, %r2, %r1; @%p bra DONE;
    cvta.to.global.u64 %d1, %d1; mul.wide.u32 %d2, %r2, 4; add.s64 %d3, %d1, %d2;
    ld.global.u32 %r5, [%d3]; mad.lo.s32 %r5, %r5, 3, %r2; st.global.u32 [%d3], %r5;
DONE:
    ret;
}
"""


class Checks:
    """What was looked at, in order."""

    def __init__(self):
        self.rows = []

    def add(self, name, good, text):
        """good: True, False, or None where it could not be looked at."""
        self.rows.append({"check": name, "ok": good, "text": text})

    def failed(self):
        return any(row["ok"] is False for row in self.rows)


def numbers(version):
    """The release part of a version as a tuple of numbers."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def is_prefix(short, whole):
    short, whole = numbers(short), numbers(whole)
    return whole[: len(short)] == short


def compare(one, other):
    one, other = numbers(one), numbers(other)
    width = max(len(one), len(other))
    one, other = (it + (0,) * (width - len(it)) for it in (one, other))
    return (one > other) - (one < other)


def meets(version, specifiers):
    """Whether a version is in a range such as `>=2.6,<2.9` or `==2.8.*`."""
    for part in specifiers.split(","):
        operator, wanted = re.match(r"(===|==|!=|~=|<=|>=|<|>)(.*)", part).groups()
        if operator in ("==", "===", "!="):
            if wanted.endswith(".*"):
                same = is_prefix(wanted[:-2], version)
            elif "+" in wanted:
                same = version == wanted
            else:
                same = compare(version, wanted) == 0
            good = same != (operator == "!=")
        elif operator == "~=":
            line = wanted.rsplit(".", 1)[0]
            good = compare(version, wanted) >= 0 and is_prefix(line, version)
        else:
            order = compare(version, wanted)
            good = {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]
        if not good:
            return False
    return True


def cuda_inside():
    """The CUDA of the image, by its variable or by the file of the toolkit."""
    if os.environ.get("CUDA_VERSION"):
        return os.environ["CUDA_VERSION"]
    try:
        with open("/usr/local/cuda/version.json", encoding="utf-8") as file:
            return json.load(file)["cuda"]["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def look_at_versions(checks, expected):
    for word in expected.split():
        name, operator, _ = re.match(r"([A-Za-z0-9._-]+)(=(?!=)|[=<>!~]*)(.*)", word).groups()
        specifiers = word[len(name) :]
        if operator != "=":
            try:
                version = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                checks.add(name, False, f"{name} is not installed, and the image names {word}")
                continue
            good = meets(version, specifiers)
            checks.add(name, good, f"{name} {version}, and the image names {specifiers}")
            continue
        wanted = specifiers[1:]
        if name == "python":
            version = platform.python_version()
        elif name == "cuda":
            version = cuda_inside()
        elif name == "cudnn":
            version = os.environ.get("NV_CUDNN_VERSION")
        else:
            continue
        if version is None:
            checks.add(name, None, f"nothing inside says which {name} it is; the image names {wanted}")
        else:
            good = is_prefix(wanted, version)
            checks.add(name, good, f"{name} {version}, and the image names {wanted}")


class Driver:
    """The CUDA driver, by its own functions."""

    def __init__(self):
        self.library = ctypes.CDLL("libcuda.so.1")
        self.call("cuInit", 0)

    def call(self, name, *arguments):
        status = getattr(self.library, name)(*arguments)
        if status:
            text = ctypes.c_char_p()
            self.library.cuGetErrorName(status, ctypes.byref(text))
            said = (text.value or b"unknown").decode()
            raise OSError(f"{name} answers {said} ({status})")

    def integer(self, name, *arguments):
        value = ctypes.c_int()
        self.call(name, ctypes.byref(value), *arguments)
        return value.value

    def names(self):
        names = []
        for number in range(self.integer("cuDeviceGetCount")):
            name = ctypes.create_string_buffer(256)
            device = self.integer("cuDeviceGet", number)
            self.call("cuDeviceGetName", name, 256, device)
            names.append(name.value.decode(errors="replace"))
        return names

    def compute(self, number):
        """Lets a GPU compute with a kernel of our own; what differs, or None."""
        count = 1 << 16
        device = self.integer("cuDeviceGet", number)
        context, module = ctypes.c_void_p(), ctypes.c_void_p()
        function, memory = ctypes.c_void_p(), ctypes.c_uint64()
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        try:
            self.call("cuCtxSetCurrent", context)
            self.call("cuModuleLoadData", ctypes.byref(module), ctypes.c_char_p(PTX))
            self.call("cuModuleGetFunction", ctypes.byref(function), module, b"altlas")
            data = (ctypes.c_uint32 * count)(*(index * 7 for index in range(count)))
            size = ctypes.c_size_t(ctypes.sizeof(data))
            self.call("cuMemAlloc_v2", ctypes.byref(memory), size)
            self.call("cuMemcpyHtoD_v2", memory, data, size)
            length = ctypes.c_uint32(count)
            pointers = (ctypes.c_void_p * 2)(
                ctypes.cast(ctypes.byref(memory), ctypes.c_void_p),
                ctypes.cast(ctypes.byref(length), ctypes.c_void_p),
            )
            grid = (count // 256, 1, 1, 256, 1, 1)
            self.call("cuLaunchKernel", function, *grid, 0, None, pointers, None)
            self.call("cuMemcpyDtoH_v2", data, memory, size)
            self.call("cuMemFree_v2", memory)
        finally:
            self.library.cuDevicePrimaryCtxRelease_v2(device)
        wrong = [index for index in range(count) if data[index] != index * 22]
        return f"{len(wrong)} of {count} numbers are wrong" if wrong else None


def by_torch(count):
    import torch

    left = torch.arange(65536, dtype=torch.float32).reshape(256, 256) % 13
    for number in range(count):
        on_gpu = left.to(f"cuda:{number}")
        yield number, bool(torch.equal((on_gpu @ on_gpu.T).cpu(), left @ left.T))


def by_cupy(count):
    import cupy
    import numpy

    left = numpy.arange(65536, dtype=numpy.float32).reshape(256, 256) % 13
    for number in range(count):
        with cupy.cuda.Device(number):
            on_gpu = cupy.asarray(left)
            yield number, bool(numpy.array_equal(cupy.asnumpy(on_gpu @ on_gpu.T), left @ left.T))


def by_jax(count):
    import jax
    import numpy

    left = numpy.arange(65536, dtype=numpy.float32).reshape(256, 256) % 13
    devices = jax.devices("gpu")
    if len(devices) != count:
        raise RuntimeError(f"jax sees {len(devices)} GPUs, and the driver {count}")
    for number, device in enumerate(devices):
        on_gpu = jax.device_put(left, device)
        # Without this, matrices of float32 are multiplied with fewer digits.
        with jax.default_matmul_precision("highest"):
            yield number, bool(numpy.array_equal(numpy.asarray(on_gpu @ on_gpu.T), left @ left.T))


def by_tensorflow(count):
    import numpy
    import tensorflow

    left = numpy.arange(65536, dtype=numpy.float32).reshape(256, 256) % 13
    seen = len(tensorflow.config.list_physical_devices("GPU"))
    if seen != count:
        raise RuntimeError(f"tensorflow sees {seen} GPUs, and the driver {count}")
    for number in range(count):
        with tensorflow.device(f"/GPU:{number}"):
            product = tensorflow.linalg.matmul(left, left, transpose_b=True)
        yield number, bool(numpy.array_equal(product.numpy(), left @ left.T))


def by_numba(count):
    import numpy
    from numba import cuda

    @cuda.jit
    def triple(data):
        index = cuda.grid(1)
        if index < data.size:
            data[index] = data[index] * 3 + index

    numbers_before = numpy.arange(65536, dtype=numpy.int32)
    for number in range(count):
        with cuda.gpus[number]:
            on_gpu = cuda.to_device(numbers_before)
            triple[256, 256](on_gpu)
            right = numbers_before * 3 + numpy.arange(65536, dtype=numpy.int32)
            yield number, bool(numpy.array_equal(on_gpu.copy_to_host(), right))


def is_installed(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def look_at_computing(checks, driver, count):
    for number in range(count):
        try:
            wrong = driver.compute(number)
        except OSError as error:
            wrong = str(error)
        text = wrong or "the driver compiles and computes as the CPU does"
        checks.add(f"gpu {number}: driver", wrong is None, text)
    for name in LIBRARIES:
        if not is_installed(name):
            continue
        done = 0
        try:
            for number, right in globals()[f"by_{name}"](count):
                done = number + 1
                text = f"{name} computes as the CPU does" if right else f"{name} computes wrongly"
                checks.add(f"gpu {number}: {name}", right, text)
        # Whatever a framework raises is its answer.
        except Exception as error:  # noqa: BLE001
            said = str(error).strip().splitlines() or [type(error).__name__]
            checks.add(f"gpu {done}: {name}", False, f"{name} fails: {said[0]}")


def look(checks, quick):
    look_at_versions(checks, os.environ.get("ALTLAS_EXPECT", ""))
    try:
        driver = Driver()
        names = driver.names()
    except OSError as error:
        checks.add("driver", None, f"no GPU is seen: {error}")
        return 0
    except AttributeError as error:
        checks.add("driver", False, f"libcuda.so.1 is not a driver: {error}")
        return 0
    if not names:
        checks.add("driver", None, "no GPU is seen: the driver counts 0")
        return 0
    version = driver.integer("cuDriverGetVersion")
    text = f"libcuda.so.1 loads and knows CUDA {version // 1000}.{version % 1000 // 10}"
    checks.add("driver", True, text)
    for number, name in enumerate(names):
        checks.add(f"gpu {number}", True, name)
    if not quick:
        look_at_computing(checks, driver, len(names))
    return len(names)


def main():
    parser = argparse.ArgumentParser(prog="altlas-selftest", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="look, and compute nothing")
    arguments = parser.parse_args()
    checks = Checks()
    gpus = look(checks, arguments.quick)
    code = WRONG if checks.failed() else OK if gpus else NO_GPU
    if arguments.json:
        print(json.dumps({"exit_code": code, "gpus": gpus, "checks": checks.rows}, indent=2))
    else:
        words = {True: "ok   ", False: "WRONG", None: "?    "}
        for row in checks.rows:
            print(words[row["ok"]], row["check"] + ":", row["text"])
    return code


if __name__ == "__main__":
    sys.exit(main())
