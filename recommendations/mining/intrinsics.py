"""What the compiled kernels need and numba lacks: asking for memory ahead, and counting and finding bits."""

import numba
from llvmlite import ir
from numba.core import types
from numba.core.imputils import impl_ret_untracked
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

compiled = numba.njit(cache=True, nogil=True, boundscheck=False)


@intrinsic
def prefetch(typing, array, index):  # type: ignore[no-untyped-def]
    """Ask for the cache line of array[index]; an index outside the array is harmless."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
        builder.call(ask, [place, number(0), number(3), number(1)])  # to read, keep in every cache, data
        return context.get_dummy_value()

    return types.void(array, index), generate


@intrinsic
def ones(typing, word):  # type: ignore[no-untyped-def]
    """How many bits of a uint64 are set."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return impl_ret_untracked(context, builder, signature.return_type, builder.ctpop(arguments[0]))

    return types.uint64(types.uint64), generate


@intrinsic
def lowest(typing, word):  # type: ignore[no-untyped-def]
    """The place of the lowest set bit of a uint64 that is not 0."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        found = builder.cttz(arguments[0], ir.IntType(1)(1))
        return impl_ret_untracked(context, builder, signature.return_type, found)

    return types.uint64(types.uint64), generate
