%one = xcs.constant 1
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.make_tuple(%a, %one)
  xcs.return %a
}
