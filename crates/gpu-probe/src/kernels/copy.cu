// Copies inside the memory of the GPU, 16 bytes a load.
//
//   altlas_copy(u8 *to, const u8 *from, u64 bytes)    any grid, any block; bytes a multiple of 16,
//                                                     both addresses too
//
// to[i] = from[i]

static __device__ __forceinline__ uint4 load(const uint4 *from)
{
    uint4 value;
    asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
                 : "l"(from));
    return value;
}

static __device__ __forceinline__ void store(uint4 *to, uint4 value)
{
    asm volatile("st.global.cg.v4.u32 [%0], {%1, %2, %3, %4};"
                 :: "l"(to), "r"(value.x), "r"(value.y), "r"(value.z), "r"(value.w)
                 : "memory");
}

extern "C" __global__ void altlas_copy(uint4 *to, const uint4 *from, unsigned long long bytes)
{
    unsigned long long count = bytes / 16;
    unsigned long long stride = (unsigned long long)gridDim.x * blockDim.x;
    unsigned long long i = (unsigned long long)blockIdx.x * blockDim.x + threadIdx.x;

    // Four loads are under way before the first store, to hide the way to memory and back.
    for (; i + 3 * stride < count; i += 4 * stride) {
        uint4 a = load(from + i);
        uint4 b = load(from + i + stride);
        uint4 c = load(from + i + 2 * stride);
        uint4 d = load(from + i + 3 * stride);
        store(to + i, a);
        store(to + i + stride, b);
        store(to + i + 2 * stride, c);
        store(to + i + 3 * stride, d);
    }
    for (; i < count; i += stride) {
        store(to + i, load(from + i));
    }
}
