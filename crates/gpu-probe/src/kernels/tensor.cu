// Tensor cores: half precision in, single precision out, four independent sums a warp. Compute
// capability 7.0 and newer.
//
//   altlas_tensor(f32 *out, const f16 *a, const f16 *b, u32 rounds)
//                                 any grid, any block that is a multiple of 32
//
// a is one 16 x 16 matrix, row after row; b is four 16 x 16 matrices, each column after column.
// out holds 16 x 16 floats a warp, row after row:
//
//   out[warp] = rounds * (a x (b0 + b1 + b2 + b3))
//
// which is exact where the matrices hold small whole numbers and no sum reaches 2^24.
//
// One warp does rounds * 4 * 16 * 16 * 16 multiply-adds.

struct Half16 {
    unsigned int r[8];
};

static __device__ __forceinline__ Half16 load_a(const unsigned short *from)
{
    Half16 m;
    asm volatile("wmma.load.a.sync.aligned.row.m16n16k16.global.f16 "
                 "{%0, %1, %2, %3, %4, %5, %6, %7}, [%8], 16;"
                 : "=r"(m.r[0]), "=r"(m.r[1]), "=r"(m.r[2]), "=r"(m.r[3]),
                   "=r"(m.r[4]), "=r"(m.r[5]), "=r"(m.r[6]), "=r"(m.r[7])
                 : "l"(from));
    return m;
}

static __device__ __forceinline__ Half16 load_b(const unsigned short *from)
{
    Half16 m;
    asm volatile("wmma.load.b.sync.aligned.col.m16n16k16.global.f16 "
                 "{%0, %1, %2, %3, %4, %5, %6, %7}, [%8], 16;"
                 : "=r"(m.r[0]), "=r"(m.r[1]), "=r"(m.r[2]), "=r"(m.r[3]),
                   "=r"(m.r[4]), "=r"(m.r[5]), "=r"(m.r[6]), "=r"(m.r[7])
                 : "l"(from));
    return m;
}

static __device__ __forceinline__ void multiply_add(float sum[8], const Half16 &a, const Half16 &b)
{
    asm volatile("wmma.mma.sync.aligned.row.col.m16n16k16.f32.f32 "
                 "{%0, %1, %2, %3, %4, %5, %6, %7}, "
                 "{%8, %9, %10, %11, %12, %13, %14, %15}, "
                 "{%16, %17, %18, %19, %20, %21, %22, %23}, "
                 "{%0, %1, %2, %3, %4, %5, %6, %7};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3]),
                   "+f"(sum[4]), "+f"(sum[5]), "+f"(sum[6]), "+f"(sum[7])
                 : "r"(a.r[0]), "r"(a.r[1]), "r"(a.r[2]), "r"(a.r[3]),
                   "r"(a.r[4]), "r"(a.r[5]), "r"(a.r[6]), "r"(a.r[7]),
                   "r"(b.r[0]), "r"(b.r[1]), "r"(b.r[2]), "r"(b.r[3]),
                   "r"(b.r[4]), "r"(b.r[5]), "r"(b.r[6]), "r"(b.r[7]));
}

extern "C" __global__ void __launch_bounds__(256)
altlas_tensor(float *out, const unsigned short *a, const unsigned short *b, unsigned int rounds)
{
    Half16 left = load_a(a);
    Half16 right[4];
    float sum[4][8];
#pragma unroll
    for (int c = 0; c < 4; c++) {
        right[c] = load_b(b + c * 256);
#pragma unroll
        for (int r = 0; r < 8; r++) {
            sum[c][r] = 0.0f;
        }
    }
#pragma unroll 1
    for (unsigned int round = 0; round < rounds; round++) {
#pragma unroll
        for (int c = 0; c < 4; c++) {
            multiply_add(sum[c], left, right[c]);
        }
    }
    float total[8];
#pragma unroll
    for (int r = 0; r < 8; r++) {
        total[r] = (sum[0][r] + sum[1][r]) + (sum[2][r] + sum[3][r]);
    }
    unsigned long long thread = (unsigned long long)blockIdx.x * blockDim.x + threadIdx.x;
    asm volatile("wmma.store.d.sync.aligned.row.m16n16k16.global.f32 "
                 "[%0], {%1, %2, %3, %4, %5, %6, %7, %8}, 16;"
                 :: "l"(out + thread / 32 * 256),
                    "f"(total[0]), "f"(total[1]), "f"(total[2]), "f"(total[3]),
                    "f"(total[4]), "f"(total[5]), "f"(total[6]), "f"(total[7])
                 : "memory");
}
