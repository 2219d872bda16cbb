xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.constant "half
  xcs.return %a
}
