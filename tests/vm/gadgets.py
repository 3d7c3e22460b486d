"""USB devices with ids and interfaces of their own, which qemu lacks: the guest's kernel plays the device, too."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from tests.vm.camera_cards import CameraCard
from tests.vm.shell import Shell

KEYBOARD = "hid.keyboard"
NETWORK = "ecm.network"
_CONFIG = "/sys/kernel/config/usb_gadget"
_REPORT = "05010906a101050719e029e71500250175019508810295017508810195067508150025650507190029658100c0"
"""A keyboard's description of itself, from the HID specification's appendix B.1, without its lamps."""


def plug_gadget(shell: Shell, card: CameraCard, *, beside: Sequence[str] = (), vendor: int, product: int) -> None:
    """Plug in a camera with these ids that offers the card and what is `beside` it. One at a time; pull it by
    `pull_gadget`."""
    shell.put(card.image, "/var/tmp/gadget.img")
    functions = ["mass_storage.card", *beside]
    made = "\n".join(f"mkdir functions/{one}" for one in functions)
    linked = "\n".join(f"ln -s functions/{one} configs/c.1/" for one in functions)
    described = f"printf {shlex.quote(_escaped(_REPORT))} >functions/{KEYBOARD}/report_desc"
    keyboard = f"echo 1 >functions/{KEYBOARD}/protocol; echo 8 >functions/{KEYBOARD}/report_length; {described}"
    shell.run(f"""set -e
        modprobe -a libcomposite usb_f_mass_storage usb_f_hid usb_f_ecm dummy_hcd
        mkdir -p {_CONFIG}/camera; cd {_CONFIG}/camera
        echo {vendor:#06x} >idVendor; echo {product:#06x} >idProduct; echo 0x0200 >bcdUSB
        mkdir -p strings/0x409 configs/c.1
        echo {card.serial} >strings/0x409/serialnumber; echo 'Body Camera' >strings/0x409/product
        {made}
        echo 1 >functions/mass_storage.card/lun.0/removable
        echo /var/tmp/gadget.img >functions/mass_storage.card/lun.0/file
        {keyboard if KEYBOARD in beside else ""}
        {linked}
        echo dummy_udc.0 >UDC""")


def pull_gadget(shell: Shell) -> None:
    shell.run(f"echo >{_CONFIG}/camera/UDC")


def _escaped(hexadecimal: str) -> str:
    """For printf(1)."""
    return "".join(f"\\x{byte:02x}" for byte in bytes.fromhex(hexadecimal))
