xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  xcs.func @inner() -> () {
    xcs.return
  }
  xcs.return %a
}
