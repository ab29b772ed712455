// The kernel of the quick test: integer and single precision work whose every result the CPU
// computes too, bit for bit.
//
//   altlas_smoke(u32 *out, u32 n, u32 seed)      grid n / 256, block 256, n a multiple of 256
//
// out[i]     = mix(mix(i + seed) ^ mix((i ^ 255) + seed)): the second operand comes from another
//              thread of the block, through shared memory.
// out[n + i] = the bits of g = fma(fma(f, f, 0.3), 0.7 + f, -f), where f = 1 + (out[i] >> 8) / 2^24;
//              each step is rounded to nearest.

static __device__ __forceinline__ unsigned int mix(unsigned int x)
{
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    x ^= x >> 16;
    return x;
}

extern "C" __global__ void __launch_bounds__(256)
altlas_smoke(unsigned int *out, unsigned int n, unsigned int seed)
{
    __shared__ unsigned int exchanged[256];
    unsigned int i = blockIdx.x * 256 + threadIdx.x;

    unsigned int own = mix(i + seed);
    exchanged[threadIdx.x] = own;
    __syncthreads();
    unsigned int mixed = mix(own ^ exchanged[threadIdx.x ^ 255]);

    // In [1, 2), so that nothing below is subnormal or infinite.
    float f = __fadd_rn(__fmul_rn((float)(mixed >> 8), 5.9604644775390625e-8f), 1.0f);
    float g = __fmaf_rn(__fmaf_rn(f, f, 0.3f), __fadd_rn(0.7f, f), -f);

    if (i < n) {
        out[i] = mixed;
        out[n + i] = __float_as_uint(g);
    }
}
