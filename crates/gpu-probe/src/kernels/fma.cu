// Single precision multiply-adds in eight independent chains a thread.
//
//   altlas_fma(f32 *out, u32 rounds, f32 a, f32 b)    any grid, any block that is a multiple of 32
//
// With lane = threadIdx.x % 32, chain c (0 to 7) starts at x = (lane * 8 + c + 1) / 256 and is
// changed 16 * rounds times: x = fma(x, a, b), rounded to nearest.
// out[thread] = ((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7)), each addition rounded to nearest:
// it depends on the lane only, so that 32 results are all that there are.
//
// One thread does 16 * rounds * 8 multiply-adds.

extern "C" __global__ void __launch_bounds__(256)
altlas_fma(float *out, unsigned int rounds, float a, float b)
{
    float x[8];
#pragma unroll
    for (int c = 0; c < 8; c++) {
        x[c] = (float)((threadIdx.x % 32) * 8 + c + 1) / 256.0f;
    }
#pragma unroll 1
    for (unsigned int round = 0; round < rounds; round++) {
#pragma unroll
        for (int step = 0; step < 16; step++) {
#pragma unroll
            for (int c = 0; c < 8; c++) {
                x[c] = __fmaf_rn(x[c], a, b);
            }
        }
    }
    float low = __fadd_rn(__fadd_rn(x[0], x[1]), __fadd_rn(x[2], x[3]));
    float high = __fadd_rn(__fadd_rn(x[4], x[5]), __fadd_rn(x[6], x[7]));
    out[(unsigned long long)blockIdx.x * blockDim.x + threadIdx.x] = __fadd_rn(low, high);
}
