#!/bin/sh
# Written by cargo altlas image render; change the config and render again.
#
# Says whether this image can work on this machine: whether the versions inside are those that it was
# made for (ALTLAS_EXPECT), and whether the driver and GPUs are there. Without Python inside it lets no
# GPU compute anything.
#
# Exit: 0 all is well; 1 something is wrong; 3 no GPU is seen.

json=0
for argument in "$@"; do
    case "$argument" in
    --json) json=1 ;;
    --quick) ;;
    *)
        echo "usage: altlas-selftest [--json] [--quick]" >&2
        exit 2
        ;;
    esac
done

code=0
gpus=0
rows=""

# report OK CHECK TEXT: OK is true, false, or null where it could not be looked at.
report() {
    [ "$1" = false ] && code=1
    if [ "$json" = 1 ]; then
        text=$(printf '%s' "$3" | tr -d '\\"' | tr '\n\t' '  ')
        row=$(printf '    {"check": "%s", "ok": %s, "text": "%s"}' "$2" "$1" "$text")
        rows="${rows:+$rows,
}$row"
    else
        case "$1" in
        true) echo "ok    $2: $3" ;;
        false) echo "WRONG $2: $3" ;;
        *) echo "?     $2: $3" ;;
        esac
    fi
}

# version NAME INSIDE WANTED: whether INSIDE is WANTED or a release of it.
version() {
    if [ -z "$2" ]; then
        report null "$1" "nothing inside says which $1 it is; the image names $3"
        return
    fi
    case "$2" in
    "$3" | "$3".* | "$3"-*) report true "$1" "$1 $2, and the image names $3" ;;
    *) report false "$1" "$1 $2, and the image names $3" ;;
    esac
}

for word in ${ALTLAS_EXPECT:-}; do
    case "$word" in
    cuda=*) version cuda "${CUDA_VERSION:-}" "${word#cuda=}" ;;
    cudnn=*) version cudnn "${NV_CUDNN_VERSION:-}" "${word#cudnn=}" ;;
    esac
done

driver=""
for folder in $(printf '%s' "${LD_LIBRARY_PATH:-}" | tr ':' ' ') /usr/lib/x86_64-linux-gnu \
    /usr/lib/aarch64-linux-gnu /usr/lib64 /usr/lib/wsl/lib; do
    if [ -e "$folder/libcuda.so.1" ]; then
        driver="$folder/libcuda.so.1"
        break
    fi
done
if [ -n "$driver" ]; then
    report true driver "$driver is there"
else
    report null driver "no GPU is seen: libcuda.so.1 is not there"
fi

# Under WSL there is one device for all GPUs.
for device in /dev/nvidia[0-9]* /dev/dxg; do
    if [ -e "$device" ]; then
        if [ -r "$device" ] && [ -w "$device" ]; then
            report true "$device" "it can be opened"
            gpus=$((gpus + 1))
        else
            report false "$device" "this user cannot open it"
        fi
    fi
done
[ -n "$driver" ] || gpus=0

[ "$code" = 0 ] && [ "$gpus" = 0 ] && code=3
if [ "$json" = 1 ]; then
    printf '{\n  "exit_code": %s,\n  "gpus": %s,\n  "checks": [\n%s\n  ]\n}\n' \
        "$code" "$gpus" "$rows"
fi
exit "$code"
