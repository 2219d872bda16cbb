xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  xcs.while {
    xcs.yield %a
  } {
    xcs.yield
  }
  xcs.return %a
}
