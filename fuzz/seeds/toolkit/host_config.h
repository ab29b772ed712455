#if defined(__GNUC__)
#if __GNUC__ > 13
#error -- unsupported GNU version!
#endif
#if defined(__clang__)
#if (__clang_major__ >= 19) || (__clang_major__ < 3)
#error
#endif
#endif
