xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.constant 1e5
  xcs.return %a
}
