/**
 * CUDA API version number
 */
#define CUDA_VERSION 12060
