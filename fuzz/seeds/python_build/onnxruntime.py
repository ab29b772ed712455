package_name = "onnxruntime-gpu"
cuda_version = "12.6"
