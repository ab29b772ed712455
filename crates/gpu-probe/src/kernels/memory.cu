// Writes a pattern over memory, and reads it back and compares it.
//
//   altlas_fill(u64 *words, u64 count, u64 seed, u32 pattern)
//   altlas_check(const u64 *words, u64 count, u64 seed, u32 pattern, u64 *result)
//                                 any grid, any block; count a multiple of 2
//
// words[i] = pattern 0: i + seed
//            pattern 1: ~(i + seed)
//            pattern 2: splitmix64(i + seed)
//
// result[0] += the number of wrong words
// result[1] = min(result[1], the index of the first wrong word)

static __device__ __forceinline__ unsigned long long
expected(unsigned long long i, unsigned long long seed, unsigned int pattern)
{
    unsigned long long x = i + seed;
    if (pattern == 0) {
        return x;
    }
    if (pattern == 1) {
        return ~x;
    }
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

extern "C" __global__ void
altlas_fill(unsigned long long *words, unsigned long long count, unsigned long long seed,
            unsigned int pattern)
{
    unsigned long long stride = (unsigned long long)gridDim.x * blockDim.x * 2;
    unsigned long long i = ((unsigned long long)blockIdx.x * blockDim.x + threadIdx.x) * 2;
    for (; i < count; i += stride) {
        asm volatile("st.global.cg.v2.u64 [%0], {%1, %2};"
                     :: "l"(words + i), "l"(expected(i, seed, pattern)),
                        "l"(expected(i + 1, seed, pattern))
                     : "memory");
    }
}

extern "C" __global__ void
altlas_check(const unsigned long long *words, unsigned long long count, unsigned long long seed,
             unsigned int pattern, unsigned long long *result)
{
    unsigned long long stride = (unsigned long long)gridDim.x * blockDim.x * 2;
    unsigned long long i = ((unsigned long long)blockIdx.x * blockDim.x + threadIdx.x) * 2;
    unsigned long long wrong = 0;
    unsigned long long first = ~0ull;
    for (; i < count; i += stride) {
        unsigned long long low, high;
        // `cv` asks memory again, not a cache.
        asm volatile("ld.global.cv.v2.u64 {%0, %1}, [%2];"
                     : "=l"(low), "=l"(high)
                     : "l"(words + i));
        if (high != expected(i + 1, seed, pattern)) {
            wrong += 1;
            first = i + 1 < first ? i + 1 : first;
        }
        if (low != expected(i, seed, pattern)) {
            wrong += 1;
            first = i < first ? i : first;
        }
    }
    if (wrong > 0) {
        atomicAdd(&result[0], wrong);
        atomicMin(&result[1], first);
    }
}
